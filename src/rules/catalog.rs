//! Wsc..., Category: the calls that configure the catalogs, and the layers an application loads.

macro_rules! catalog {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // What holds for all of them.
    Wsc1: "Changing a catalog takes the rights of an administrator; without them a call gives WSANO_RECOVERY and \
        changes nothing."
        ("wscinstallprovider, wscdeinstallprovider, wscupdateprovider, wscwriteproviderorder");
    Wsc2: "Reading entries and paths takes no rights."
        ("wscenumprotocols, wscgetproviderpath");
    Wsc3: "A change stands in the installed catalog at once, and every process that starts Winsock from then on sees it."
        ("wscinstallprovider, wscwriteproviderorder");
    Wsc4: "The forms in 32 are about the 32-bit catalog of a 64-bit machine; the two catalogs have nothing in common."
        ("wscenumprotocols32, wscdeinstallprovider32, wscwriteproviderorder32");
    Wsc5: "A registry that cannot be opened or written gives WSANO_RECOVERY, no memory for an entry \
        WSA_NOT_ENOUGH_MEMORY, and nothing changes."
        ("wscinstallprovider, wscupdateprovider, wscdeinstallprovider");

    // WSCInstallProvider
    WscInstall1: "WSCInstallProvider puts entries behind those there are, in the order given; each gets a catalog id \
        that no entry had before."
        ("wscinstallprovider");
    WscInstall2: "A chain can be installed only when its members are there, each once and the base last; else the call \
        gives WSAEINVAL."
        ("wscinstallprovider, wsaprotocolchain");
    WscInstall3: "WSCInstallProvider with a provider id that has entries already gives WSANO_RECOVERY."
        ("wscinstallprovider");
    WscInstall4: "Installing looks at no DLL: a path that leads nowhere is found out when the entry is used."
        ("wscinstallprovider, derived");
    WscInstall5: "WSCInstallProvider64_32 installs into both catalogs, or into neither."
        ("wscinstallprovider64_32");

    // WSCInstallProviderAndChains
    WscChains1: "WSCInstallProviderAndChains makes a hidden entry for the layer alone, puts its chains at the front of \
        the catalog, and gives the id of the layer's entry."
        ("wscinstallproviderandchains");
    WscChains2: "Without a list it makes one chain over the base of each family, type and protocol."
        ("wscinstallproviderandchains");
    WscChains3: "With a list it makes a chain over the topmost entry of each family, type and protocol named; what \
        else the elements say, and naming one twice, makes no difference."
        ("wscinstallproviderandchains");
    WscChains4: "A family, type and protocol that no entry has gives WSAEINVAL."
        ("wscinstallproviderandchains");
    WscChains5: "A layer over a chain that has MAX_PROTOCOL_CHAIN members already gives WSANO_RECOVERY."
        ("wscinstallproviderandchains");
    WscChains6: "A layer whose DLL lacks functions gives WSAEINVALIDPROCTABLE; only one with IFS handles may leave \
        functions to the provider below."
        ("wscinstallproviderandchains64_32");
    WscChains7: "WSCInstallProviderAndChains gives WSAEINPROGRESS while another installation is running."
        ("wscinstallproviderandchains");
    WscChains8: "WSCInstallProviderAndChains64_32 installs into both catalogs; the 32-bit path may be NULL only for a \
        DLL in system32."
        ("wscinstallproviderandchains64_32");
    WscChains9: "A provider id or a layer's name that is in the catalog already gives WSAEINVAL."
        ("wscinstallproviderandchains");
    WscChains10: "The chains of a layer have its provider id, so that one call removes them all."
        ("derived from WscRemove1, Microsoft layered-provider sample") by chain_provider_id
        unseen "the policy tells which id a chain gets";

    // WSCDeinstallProvider, WSCUpdateProvider, WSCWriteProviderOrder
    WscRemove1: "WSCDeinstallProvider removes every entry of the provider id; an unknown one gives WSAEINVAL."
        ("wscdeinstallprovider");
    WscRemove2: "Chains of others that lead through a removed entry stay, and opening them gives \
        WSAEPROVIDERFAILEDINIT."
        ("wscdeinstallprovider, open point A19");
    WscUpdate1: "WSCUpdateProvider changes the path of a provider's entries and the contents of those given; their ids \
        and their order stay."
        ("wscupdateprovider, open point A19");
    WscUpdate2: "WSCUpdateProvider with an id that is no entry of the provider gives WSAEINVAL."
        ("wscupdateprovider, open point A19");
    WscOrder1: "WSCWriteProviderOrder names every catalog id exactly once, else it gives WSAEINVAL and the order stays."
        ("wscwriteproviderorder");
    WscOrder2: "WSCWriteProviderOrder passes on what the registry says."
        ("wscwriteproviderorder");
    WscOrder3: "WSCWriteProviderOrder fails while another caller is inside: WSATRY_AGAIN."
        ("wscwriteproviderorder, wscwritenamespaceorder");

    // WSCEnumProtocols, WSCGetProviderPath
    WscEnum1: "WSCEnumProtocols gives all entries in catalog order, hidden ones and layers included, of the protocols \
        asked for."
        ("wscenumprotocols");
    WscEnum2: "WSCEnumProtocols writes all records or none: a buffer too small gives WSAENOBUFS, and the needed size is \
        stored."
        ("wscenumprotocols");
    WscEnum3: "WSCEnumProtocols with a protocol below zero gives WSAEINVAL."
        ("wscenumprotocols, derived");
    WscPath1: "WSCGetProviderPath gives the path as it was installed, environment names unexpanded; an unknown \
        provider id gives WSAEINVAL."
        ("wscgetproviderpath");
    WscPath2: "A path and its terminator that do not fit give WSAEFAULT."
        ("wscgetproviderpath");

    // WSCGetProviderInfo, WSCSetProviderInfo
    WscInfo1: "ProviderInfoLspCategories of a provider id is what WSCSetProviderInfo last said, nothing at first."
        ("wscgetproviderinfo, wscsetproviderinfo");
    WscInfo2: "ProviderInfoAudit gives ERROR_CALL_NOT_IMPLEMENTED."
        ("wscgetproviderinfo, wscsetproviderinfo");
    WscInfo3: "WSCGetProviderInfo without room for the value fails with WSAEFAULT, and the needed size is stored."
        ("wscgetproviderinfo, open point A29") by provider_info_misuse;
    WscInfo4: "WSCGetProviderInfo for a provider id without entries gives WSAEINVALIDPROVIDER."
        ("wscgetproviderinfo") by provider_info_misuse;
    WscInfo5: "WSCSetProviderInfo for a provider id without entries gives WSAEINVAL."
        ("wscsetproviderinfo, open point A29");

    // WSCGetApplicationCategory, WSCSetApplicationCategory
    WscApp1: "An application is known by its path and its command line, both exactly."
        ("wscgetapplicationcategory, wscsetapplicationcategory");
    WscApp2: "WSCGetApplicationCategory of an application that has no categories gives WSASERVICE_NOT_FOUND."
        ("wscgetapplicationcategory");
    WscApp3: "Categories that WSCSetApplicationCategory sets are added to those there are; it tells what they were."
        ("wscsetapplicationcategory");

    // WSAProviderConfigChange
    WscNotice1: "WSAProviderConfigChange with a NULL handle makes a notification handle and returns at once."
        ("wsaproviderconfigchange, derived");
    WscNotice2: "With a notification handle it waits for the next change of an installed catalog; an overlapped call is \
        pending until then and completes like any other."
        ("wsaproviderconfigchange, wscinstallprovider");
    WscNotice3: "A change since the handle has told of one is told at once, and several changes are one notice."
        ("wsaproviderconfigchange, derived");
    WscNotice4: "Closing a notification handle ends what is pending on it with WSA_OPERATION_ABORTED."
        ("wsaproviderconfigchange, derived");

    // Which layers an application loads.
    Category1: "The categories of an application are read at its first WSAStartup; without any it loads every layer."
        ("categorizing-layered-service-providers-and-applications, wscsetapplicationcategory");
    Category2: "A categorised application loads no layer that has a category the application has not."
        ("categorizing-layered-service-providers-and-applications, open point A18");
    Category3: "A categorised application loads no layer without categories."
        ("categorizing-layered-service-providers-and-applications, open point A18");
    Category4: "A chain through a layer the application does not load is not in its catalog: the next entry that fits \
        serves, and a block that names the chain is refused."
        ("categorizing-layered-service-providers-and-applications, derived");
    Category5: "An application with LSP_SYSTEM loads only layers with LSP_SYSTEM."
        ("categorizing-layered-service-providers-and-applications");
    } };
}
