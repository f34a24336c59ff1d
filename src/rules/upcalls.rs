//! Wpu: what a provider asks of ws2_32.

macro_rules! upcalls {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WPUModifyIFSHandle
    WpuModify1: "WPUModifyIFSHandle records the given catalog id as owner of the handle and returns the handle to use \
        from then on."
        ("wpumodifyifshandle");
    WpuModify2: "A handle that is none gives WSAEINVAL and INVALID_SOCKET."
        ("wpumodifyifshandle");
    WpuModify3: "Its place is before a client sees the descriptor, and the handle it returns replaces the one proposed."
        ("wpumodifyifshandle");
    WpuModify4: "Registering a handle again moves it to the new owner: the last one to register gets the calls."
        ("wpumodifyifshandle");
    WpuModify5: "An IFS handle has no context value."
        ("wpumodifyifshandle, wpuquerysockethandlecontext")
        unseen "the handle's binding holds none";
    WpuModify6: "A layer that takes over a lower IFS handle offers the base's WSPSend, WSPRecv and \
        WSPGetOverlappedResult as its own and lets WSPIoctl through."
        ("wpumodifyifshandle")
        unseen "advice to layers, which the built-in ones follow";

    // WPUCreateSocketHandle
    WpuCreate1: "WPUCreateSocketHandle makes a new handle in the calling process, owned by the given catalog id, with \
        a context value ws2_32 keeps."
        ("wpucreatesockethandle");
    WpuCreate2: "Without buffers it gives WSAENOBUFS and INVALID_SOCKET."
        ("wpucreatesockethandle");
    WpuCreate3: "An entry whose handles are made this way does not set XP1_IFS_HANDLES."
        ("wpucreatesockethandle")
        unseen "a field of the catalog record; no call decides by it";
    WpuCreate4: "A layer in a chain registers its handles under one of its catalog ids, either the chain entry's or \
        its own."
        ("wpucreatesockethandle, Microsoft layered-provider sample") by layer_handle_owner;
    WpuCreate5: "To the operating system the handle is a file: ReadFile and WriteFile on it become the owner's WSPRecv \
        and WSPSend."
        ("wpucreatesockethandle");

    // WPUCloseSocketHandle
    WpuClose1: "WPUCloseSocketHandle takes a handle of WPUCreateSocketHandle out of the process's table."
        ("wpuclosesockethandle");
    WpuClose2: "An IFS handle, one closed before, or anything else gives WSAENOTSOCK."
        ("wpuclosesockethandle");
    WpuClose3: "What the context value stood for is the provider's to release; the value is not handed back."
        ("wpuclosesockethandle")
        unseen "the answer of the upcall has no place for a context value";

    // WPUQuerySocketHandleContext
    WpuQuery1: "WPUQuerySocketHandleContext gives the context value the handle was made with."
        ("wpuquerysockethandlecontext");
    WpuQuery2: "A handle that WPUCreateSocketHandle did not make gives WSAENOTSOCK."
        ("wpuquerysockethandlecontext");
    WpuQuery3: "A context value stays what it was; no upcall changes it."
        ("wpuquerysockethandlecontext, derived")
        unseen "no upcall writes one";

    // WPUCreateEvent, WPUSetEvent, WPUResetEvent, WPUCloseEvent
    WpuEvent1: "WPUCreateEvent makes an event that is not signalled and stays signalled once set, until it is reset."
        ("wpucreateevent");
    WpuEvent2: "Without memory WPUCreateEvent gives WSA_NOT_ENOUGH_MEMORY and no event."
        ("wpucreateevent");
    WpuEvent3: "WPUSetEvent, WPUResetEvent and WPUCloseEvent answer a handle that is no event with code 6."
        ("wpusetevent, wpuresetevent, wpucloseevent");
    WpuEvent4: "An event handle means something only in the process that has it; it does not travel with a block."
        ("derived, observed")
        unseen "each process has a handle table of its own";

    WpuEvent5: "A provider may wait on an event of its own: WPUCreateEvent before, WPUSetEvent to end the wait, \
        WPUCloseEvent afterwards."
        ("wpucreateevent, wpusetevent, wpucloseevent");
    WpuEvent6: "A provider whose own event was closed by the client ends the call that waited on it with \
        WSASYSCALLFAILURE."
        ("derived");

    // WPUPostMessage
    WpuPost1: "WPUPostMessage puts a message into the window's queue and tells by TRUE or FALSE whether it could; it \
        names no error."
        ("wpupostmessage");

    // WPUQueryBlockingCallback
    WpuBlock1: "WPUQueryBlockingCallback gives the calling thread's blocking hook and its context; NULL says to wait \
        natively."
        ("wpuqueryblockingcallback");
    WpuBlock2: "A hook that answers TRUE wants the wait to go on, FALSE says that the call was cancelled."
        ("wpuqueryblockingcallback");
    WpuBlock3: "A catalog id that does not exist gives WSAEINVAL."
        ("wpuqueryblockingcallback");

    // WPUGetProviderPath
    WpuPath1: "WPUGetProviderPath gives the library path of a provider id as it was installed, environment names \
        unexpanded."
        ("wpugetproviderpath");
    WpuPath2: "An unknown provider id gives WSAEINVAL, a buffer too small WSAEFAULT."
        ("wpugetproviderpath");
    } };
}
