//! Which entry serves a request, and what the catalogs say.

macro_rules! entries {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    layer_handle_owner: LayerHandleOwner, "A3", "Which catalog id does a layer register its handles under?" {
        /// The chain entry's.
        #[default]
        ChainEntry,
        /// The layer's own ChainLen 0 entry's.
        LayerEntry,
    } windows: ChainEntry
    hidden_entries: HiddenEntries, "A23", "May a PFL_HIDDEN entry be chosen by family, type and protocol?" {
        /// Yes: hidden only leaves it out of enumeration.
        #[default]
        Selectable,
        /// No.
        Skipped,
    } windows: Selectable
    type_of_other_protocol: TypeOfOtherProtocol, "A23, O29", "What does WSPSocket give for a protocol the family has only with another type?" {
        /// WSAEPROTOTYPE.
        #[default]
        Wsaeprototype,
        /// WSAEPROTONOSUPPORT.
        Wsaeprotonosupport,
    } windows: Wsaeprotonosupport
    unnamed_family: UnnamedFamily, "Choose2, O31", "Which entry serves a request that names a protocol but no family?" {
        /// The first in catalog order that fits.
        #[default]
        CatalogOrder,
        /// One of AF_INET6, if any fits.
        Ipv6First,
    } windows: Ipv6First
    unnamed_protocol: UnnamedProtocol, "Choose3, O31", "May WSPSocket be called with neither a family nor a protocol?" {
        /// Yes: the first entry in catalog order that fits.
        #[default]
        CatalogOrder,
        /// No: WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
    raw_sockets: RawSockets, "lpwspsocket, tcp-ip-raw-sockets-2", "Does a base serve an entry of raw sockets?" {
        /// Administrators get a socket, anybody else WSAEACCES.
        #[default]
        Wsaeacces,
        /// WSAESOCKTNOSUPPORT: raw sockets are optional, and it has none.
        Wsaesocktnosupport,
    } windows: Wsaeacces
    chain_provider_id: ChainProviderId, "functions 8, implementations 2.1", "Which provider id do the chains of WSCInstallProviderAndChains have?" {
        /// The layer's: one WSPStartup serves all of them, and removing the layer removes them.
        #[default]
        Layers,
        /// Each one of its own: each is started for itself, and stays when the layer is removed.
        Own,
    } windows: Layers
    provider_info_misuse: ProviderInfoMisuse, "A29, O37", "What does WSCGetProviderInfo give for an unknown provider or class, or without room?" {
        /// WSAEINVALIDPROVIDER, WSAEINVAL, WSAEFAULT.
        #[default]
        ByCause,
        /// WSANO_RECOVERY for all of them.
        Wsanorecovery,
    } windows: Wsanorecovery
    } };
}
