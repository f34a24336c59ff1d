//! Duty: what the contract checker holds providers to, at every crossing, upcall and completion.
//!
//! A duty says what a provider owes its neighbours; most of them are other rules, told from the side of somebody who
//! writes a provider. `advice` is what an author whose provider breaks it should do.

macro_rules! duties {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // Protocol info.
    Duty1: "A layer hands protocol info to a next layer as it got it, every field of it."
        ("R21, Chain2, lpwspsocket, wspstartup")
        advice "Pass the pointer you were given on to the next layer; change nothing in the structure.";
    Duty2: "A layer hands the base the base's own catalog entry, the last one of the chain it was called for."
        ("R21, Chain3, lpwspsocket, wspstartup")
        advice "Look the last id of ChainEntries up with WSCEnumProtocols and pass that entry down.";
    Duty3: "On the way down WSPSocket keeps dwProviderReserved, or puts back the word that a word of the layer's own \
        stands for."
        ("Chain5, Microsoft layered-provider sample")
        advice "Copy dwProviderReserved from the structure you were given into the one you pass down; a layer with \
            words of its own looks up the word from below that belongs to it.";
    Duty4: "A layer's WSPDuplicateSocket gives its own chain entry up."
        ("Dup10, Microsoft layered-provider sample")
        advice "After the call below has succeeded, overwrite the buffer with your chain entry, else the target opens \
            past your layer.";
    Duty5: "A layer's WSPDuplicateSocket gives up the dwProviderReserved it got from below, or a word of its own that \
        it exchanges when the block is opened."
        ("Dup10, R4, Microsoft layered-provider sample")
        advice "Remember dwProviderReserved before you overwrite the buffer and put it back afterwards.";
    Duty6: "A layer's WSPDuplicateSocket asks the next link's, with the next link's handle."
        ("R20, lpwspduplicatesocket")
        advice "Only the base can make a block: call the WSPDuplicateSocket below before you return.";

    // Handles.
    Duty7: "A descriptor that a provider gives out is one that it registered itself, in the process that calls."
        ("R6, Handle1, Handle2, Socket14, descriptor-allocation-2")
        advice "Register the lower handle with WPUModifyIFSHandle, or make one of your own with \
            WPUCreateSocketHandle, and return what the upcall returned.";
    Duty8: "A provider registers its handles under a catalog id of its own."
        ("Handle3, WpuCreate4, wpucreatesockethandle, wpumodifyifshandle")
        advice "Pass the id of your chain entry, or of your layer's own entry: the owner of that id gets the calls.";
    Duty9: "A layer calls the next link with handles that the next link gave it."
        ("L1, R20, lpwspduplicatesocket")
        advice "Translate the handle of every call and every member of a set to the one you got from below.";
    Duty10: "A layer does not use or close a lower handle again after it has closed it."
        ("R16, Close17, lpwspclosesocket")
        advice "Forget the lower handle when you close it, under the same lock that lookups take.";
    Duty11: "WPUCloseSocketHandle is for handles that the provider made itself, once for each."
        ("R27, WpuClose2, wpuclosesockethandle")
        advice "Give each handle of WPUCreateSocketHandle back exactly once, and no others.";
    Duty12: "An upcall names handles and windows of the process in which it is made."
        ("WpuEvent4, derived from R28")
        advice "Keep handles in memory of one process; a record in shared memory needs a column for each process.";

    // Opening and closing.
    Duty13: "A layer that fails after the open below it succeeded closes the lower socket."
        ("Socket13, Microsoft layered-provider sample")
        advice "On every way out with an error call the WSPCloseSocket below for the handle you got.";
    Duty14: "A call that fails to give a descriptor leaves no handle and no context behind."
        ("Socket13, Dup12, derived from R27")
        advice "On every way out with an error give the handle back and free the record you made for it.";
    Duty15: "A layer's WSPCloseSocket closes the lower handle."
        ("Close16, lpwspclosesocket")
        advice "Call the WSPCloseSocket below before you let go of your own handle.";
    Duty16: "After a WSPCloseSocket the provider holds no context for the handle, and the handle is given back, as soon \
        as nothing started through it is pending."
        ("Close16, R27, wpuclosesockethandle")
        advice "Give the handle back with WPUCloseSocketHandle and free its record; if operations are pending, do so \
            when the last of them has ended.";

    // Starting and stopping.
    Duty17: "WSPStartup settles on the smaller of the version asked for and the highest supported."
        ("Startup3, wspstartup")
        advice "Set wVersion to the smaller of wVersionRequested and your highest version, and fail below your lowest.";
    Duty18: "A layer starts a provider below before it makes another call to it."
        ("G8, Startup10, wspstartup")
        advice "Call WSPStartup of the next link in your own WSPStartup, or before its first use.";
    Duty19: "The last WSPCleanup of a layer cleans up every provider below as often as the layer has started it."
        ("Startup2, Cleanup1, lpwspcleanup")
        advice "Count your successful WSPStartup calls for each next link and match each of them.";
    Duty20: "After the last WSPCleanup a provider holds no contexts, and has given back all handles it made."
        ("R29, Cleanup9, lpwspcleanup")
        advice "Walk through the records you still have, give their handles back and free them.";
    Duty21: "A layer that cleans up leaves the linger options of a socket alone that other processes share."
        ("R13, R14, Cleanup9, Microsoft layered-provider sample")
        advice "Do not set an abortive linger on what is left over: the option is everybody's, and the others' close \
            would reset their connection.";

    // Answers.
    Duty22: "A call that fails names an error."
        ("G1, lpwspsocket")
        advice "Set lpErrno on every way out with SOCKET_ERROR, INVALID_SOCKET or FALSE.";
    Duty23: "A call that succeeds fills in what it promises."
        ("lpwspsocket, lpwspduplicatesocket and every page with an output parameter")
        advice "Check that each way out with success has written all of the outputs.";
    Duty24: "The sets that WSPSelect gives back have members only of the sets that came in."
        ("Select11, lpwspselect")
        advice "Map every lower handle in the result back to the handle your caller passed in.";

    // Overlapped operations.
    Duty25: "Every operation that was reported as pending is completed."
        ("O9, L4, wpucompleteoverlappedrequest")
        advice "When the operation below has ended, complete the caller's: WPUCompleteOverlappedRequest, or WPUQueueApc \
            if there is a routine.";
    Duty26: "An operation is completed once."
        ("O9, wpucompleteoverlappedrequest")
        advice "Take the record of the operation out of your table before you complete it.";
    Duty27: "A completion routine never runs inside the call that started its operation; it waits for an alertable \
        wait."
        ("O7, wpuqueueapc")
        advice "Queue the routine with WPUQueueApc even when the operation is over at once.";
    Duty28: "A completion routine is queued for the thread that started the operation."
        ("O7, wpuqueueapc")
        advice "Keep lpThreadId of the call with the operation and hand it to WPUQueueApc.";
    Duty29: "A provider completes an operation on the handle its caller knows."
        ("L4, wpucompleteoverlappedrequest")
        advice "Pass the handle you gave out to WPUCompleteOverlappedRequest, not the one from below.";

    // Notification.
    Duty30: "A later WSPAsyncSelect or WSPEventSelect ends the earlier registration, through whichever descriptor it \
        was made."
        ("R17, lpwspasyncselect, lpwspeventselect")
        advice "Keep one registration for the shared socket; replace it whole.";
    Duty31: "A message of WSPAsyncSelect names the handle that the client knows."
        ("L6, Async1, Microsoft layered-provider sample")
        advice "Take the messages from below on a window of your own and post them on with your handle.";

    // Hand-over.
    Duty32: "A base opens a block once."
        ("R3, lpwspduplicatesocket")
        advice "Take the word out of your table when the block is opened; answer WSAEINVAL afterwards.";
    Duty33: "A base opens a block in the process it was made for, and in no other."
        ("R2, lpwspduplicatesocket")
        advice "Keep the target with the word and compare it with the caller.";
    Duty34: "A socket that was duplicated lives until the block is opened, whatever the source closes."
        ("R4, R13, lpwspduplicatesocket")
        advice "Take the reference in WSPDuplicateSocket, not in the target's WSPSocket.";

    // Further duties about handles.
    Duty35: "A layer takes a lower handle over with WPUModifyIFSHandle only if it is an IFS handle; an IFS layer stands \
        over IFS providers alone."
        ("wpumodifyifshandle, Microsoft layered-provider sample")
        advice "Install an IFS layer below the lowest non-IFS one of a chain, or make handles of your own.";

    // Further duties about what goes down and up.
    Duty36: "An error from below goes up as it came."
        ("G1, derived from R32")
        advice "Hand lpErrno of the call below on; make a code of your own only for failures of your own.";
    Duty37: "A layer lets SIO_BASE_HANDLE through to the base."
        ("winsock-ioctls")
        advice "Pass the code down like any you do not know: callers ask for the base handle to get past all layers.";
    Duty38: "A layer hands the output buffer of WSPDuplicateSocket on, or one of its own."
        ("R20, lpwspduplicatesocket")
        advice "Pass lpProtocolInfo, or a buffer as large, to the WSPDuplicateSocket below.";
    Duty39: "A layer opens and starts the next link of the very chain it was called for."
        ("Chain4, wspstartup, lpwspsocket")
        advice "Go by dwCatalogEntryId of the structure you were given, never by family, type and protocol: several \
            chains may agree in those.";

    // Further duties of bases.
    Duty40: "A WSPDuplicateSocket that fails leaves nothing behind for the target."
        ("Dup12, lpwspduplicatesocket")
        advice "Check every argument first, and take back what you have done when a later step fails.";
    Duty41: "A base keeps its word in dwProviderReserved alone: layers keep no other field of a block."
        ("R4, Dup10, lpwspduplicatesocket")
        advice "Put one word into dwProviderReserved and all else that the target needs where that word leads to.";
    Duty42: "WSPSocket takes FROM_PROTOCOL_INFO for family, type and protocol with every protocol info."
        ("R23, lpwspsocket")
        advice "Replace FROM_PROTOCOL_INFO by the fields of the structure before you compare anything.";
    Duty43: "A process that dies stops counting as one that shares its sockets."
        ("R29, Cleanup8")
        advice "Count where the system can clean up: in kernel objects, not in memory that processes share.";

    // What failures leave alone.
    Duty44: "A WSPStartup or an open that fails leaves what the provider keeps for other sockets as it was."
        ("Startup2, Microsoft layered-provider sample")
        advice "On the way out with an error free what this call has made, and nothing that earlier ones have.";
    } };
}
