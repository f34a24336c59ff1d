//! The trait: what a layer of one's own can hook.

use std::fmt::Debug;
use std::hash::Hash;

use super::Step;
use crate::abi::{SpiCall, SpiFunction, SpiResult};
use crate::provider::Context;

macro_rules! entries {
    ($($(#[$doc:meta])+ $method:ident: $function:ident;)+) => {
        /// A layer of one's own: what it does otherwise than the plain layer.
        ///
        /// Each method belongs to an entry of the provider's table and is called when that entry is, before anything
        /// has been done. `call` has the arguments as the caller gave them, with the handles the caller knows; change
        /// them in place and answer [`Step::Pass`], answer the call yourself with [`Step::Return`], or make calls of
        /// your own with [`Step::Call`]. Every default passes on.
        ///
        /// *Checked* names the duties the contract checker holds the layer to on that way; `wspsim explain Duty5` says
        /// what each demands. With [`Step::Pass`] the plain layer keeps them for you.
        pub trait OwnLayer: Clone + Debug + Eq + Hash + Send + Sync + 'static {
            /// What the layer remembers while a call of its own runs; `()` for one that makes none.
            type Token: Clone + Debug + Eq + Hash + Send + Sync + 'static;

            $($(#[$doc])+
            fn $method(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step<Self::Token> {
                let _ = (cx, call);
                Step::Pass
            })+

            /// *Called* before the method of the entry, whatever the entry. *Must* do nothing: whatever it does holds
            /// for all entries. The default goes to the method of the entry.
            fn entered(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step<Self::Token> {
                match call.function() {
                    $(SpiFunction::$function => self.$method(cx, call),)+
                }
            }

            /// *Called* when a call is about to cross into the provider below, calls of the layer's own included:
            /// `call` has the handles and the protocol info that the provider below knows. *Must* leave both alone
            /// unless it knows better than the plain layer. *Checked*: Duty1, Duty2, Duty3, Duty9, Duty10, Duty18.
            fn below(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) {
                let _ = (cx, call);
            }

            /// *Called* when a call that was passed on is over and everything the plain layer does about it is done:
            /// `call` is the call as it came, `result` what the caller will get, in the caller's terms. *Must* keep a
            /// success a success with the output it promises; who turns an open into a failure has to close it first.
            /// *Checked*: Duty4, Duty5, Duty7, Duty13, Duty14, Duty16, Duty17, Duty20, Duty23, Duty24.
            fn answered(&mut self, cx: &mut Context<'_>, call: &SpiCall, result: &mut SpiResult) {
                let _ = (cx, call, result);
            }

            /// *Called* when a call of the layer's own ([`Step::Call`]) is over: `token` is what the layer remembered,
            /// `call` the call that came from above, to be passed on or answered now, `result` what the own call gave.
            /// *Must* bring the call from above to an end sooner or later. *Checked*: what the entry of the call from
            /// above is checked for. The default passes the call from above on.
            fn resumed(
                &mut self,
                cx: &mut Context<'_>,
                token: Self::Token,
                call: &mut SpiCall,
                result: SpiResult,
            ) -> Step<Self::Token> {
                let _ = (cx, token, call, result);
                Step::Pass
            }
        }
    };
}

entries! {
    /// WSPStartup. *Called* once for each chain the layer is started in, and again whenever ws2_32 or a layer above
    /// starts it. *Must* settle on a version, count, and start the next link before its first use. *Checked*: Duty1,
    /// Duty2, Duty17, Duty18.
    startup: WspStartup;
    /// WSPCleanup. *Called* once for each WSPStartup that succeeded. *Must*, the last time, clean up what the layer has
    /// started, give every handle back and leave shared sockets to those who still use them. *Checked*: Duty19, Duty20,
    /// Duty21.
    cleanup: WspCleanup;
    /// WSPSocket. *Called* for a fresh socket and for the opening of a block, which differ in dwProviderReserved alone.
    /// *Must* open the next link's socket with the protocol info it was given (the base's own entry for the base,
    /// dwProviderReserved kept), register a handle of its own, and undo everything when a step fails. *Checked*: Duty1,
    /// Duty2, Duty3, Duty7, Duty8, Duty13, Duty14, Duty35.
    socket: WspSocket;
    /// WSPDuplicateSocket. *Called* in the source process. *Must* ask the next link with its handle and give up its own
    /// chain entry with the dwProviderReserved from below. *Checked*: Duty4, Duty5, Duty6, Duty9.
    duplicate_socket: WspDuplicateSocket;
    /// WSPCloseSocket. *Called* once for each descriptor, from any thread. *Must* close the lower handle, then give its
    /// own back; what is pending ends first. *Checked*: Duty9, Duty10, Duty11, Duty15, Duty16.
    close_socket: WspCloseSocket;
    /// WSPBind. *Called* with the local name. *Must* translate the handle. *Checked*: Duty9, Duty10.
    bind: WspBind;
    /// WSPListen. *Called* with the backlog. *Must* translate the handle. *Checked*: Duty9, Duty10.
    listen: WspListen;
    /// WSPConnect. *Called* with the peer's name; blocks on a blocking socket. *Must* translate the handle; a layer that
    /// redirects changes the name, or makes several calls below. *Checked*: Duty9, Duty10.
    connect: WspConnect;
    /// WSPAccept. *Called* on a listening socket; blocks on a blocking one. *Must* register a handle for the socket that
    /// comes from below, as WSPSocket does, and close that socket if it cannot. *Checked*: Duty7, Duty8, Duty13, Duty14.
    accept: WspAccept;
    /// WSPSend. *Called* with data, overlapped or not. *Must* translate the handle, and call down with an overlapped
    /// structure of its own if it has handles of its own. *Checked*: Duty9, Duty10, Duty23, Duty25 to Duty29.
    send: WspSend;
    /// WSPSendTo. *Called* with data and a destination. *Must* do what WSPSend does. *Checked*: as for WSPSend.
    send_to: WspSendTo;
    /// WSPRecv. *Called* with room for data, overlapped or not. *Must* do what WSPSend does. *Checked*: as for WSPSend.
    recv: WspRecv;
    /// WSPRecvFrom. *Called* with room for data and an address. *Must* do what WSPSend does. *Checked*: as for WSPSend.
    recv_from: WspRecvFrom;
    /// WSPShutdown. *Called* with a direction. *Must* translate the handle. *Checked*: Duty9, Duty10.
    shutdown: WspShutdown;
    /// WSPGetSockOpt. *Called* with an option. *Must* translate the handle and answer SO_PROTOCOL_INFO with its own
    /// chain entry. *Checked*: Duty9, Duty10.
    get_sock_opt: WspGetSockOpt;
    /// WSPSetSockOpt. *Called* with an option and a value. *Must* translate the handle. *Checked*: Duty9, Duty10,
    /// Duty21.
    set_sock_opt: WspSetSockOpt;
    /// WSPGetSockName. *Called* for the local name. *Must* translate the handle. *Checked*: Duty9, Duty10, Duty23.
    get_sock_name: WspGetSockName;
    /// WSPGetPeerName. *Called* for the peer's name; a layer that redirects may answer with the one the client asked
    /// for. *Must* translate the handle. *Checked*: Duty9, Duty10, Duty23.
    get_peer_name: WspGetPeerName;
    /// WSPIoctl. *Called* with a code. *Must* translate the handle, and answer the questions for the base handle with
    /// its own. *Checked*: Duty9, Duty10.
    ioctl: WspIoctl;
    /// WSPEventSelect. *Called* with an event object. *Must* translate the handle. *Checked*: Duty9, Duty10.
    event_select: WspEventSelect;
    /// WSPAsyncSelect. *Called* with a window. *Must* take the messages on a window of its own and post them on with its
    /// own handle, if it has handles of its own. *Checked*: Duty9, Duty10.
    async_select: WspAsyncSelect;
    /// WSPEnumNetworkEvents. *Called* for the record of events. *Must* translate the handle. *Checked*: Duty9, Duty10,
    /// Duty23.
    enum_network_events: WspEnumNetworkEvents;
    /// WSPAddressToString. *Called* with an address and perhaps protocol info. *Must* pass the info on as WSPSocket does.
    /// *Checked*: Duty1, Duty2, Duty23.
    address_to_string: WspAddressToString;
    /// WSPStringToAddress. *Called* with text. *Must* pass the info on as WSPSocket does. *Checked*: Duty1, Duty2,
    /// Duty23.
    string_to_address: WspStringToAddress;
    /// WSPSelect. *Called* with three sets of the layer's handles; may block. *Must* translate every member on the way
    /// down and back. *Checked*: Duty9, Duty10, Duty24.
    select: WspSelect;
    /// WSPJoinLeaf. *Called* with the leaf's name. *Must* register a handle for a new leaf, as WSPAccept does.
    /// *Checked*: Duty7, Duty8, Duty13, Duty14.
    join_leaf: WspJoinLeaf;
    /// WSPSendDisconnect. *Called* with disconnect data. *Must* translate the handle. *Checked*: Duty9, Duty10.
    send_disconnect: WspSendDisconnect;
    /// WSPRecvDisconnect. *Called* with room for disconnect data. *Must* translate the handle. *Checked*: Duty9, Duty10.
    recv_disconnect: WspRecvDisconnect;
    /// WSPGetOverlappedResult. *Called* with the caller's overlapped structure; may block. *Must* answer from what it
    /// knows of that structure. *Checked*: Duty9, Duty10.
    get_overlapped_result: WspGetOverlappedResult;
    /// WSPGetQOSByName. *Called* with the name of a template. *Must* translate the handle. *Checked*: Duty9, Duty10.
    get_qos_by_name: WspGetQosByName;
    /// WSPCancelBlockingCall. *Called* from a blocking hook, for the call this thread is blocked in. *Must* hand it to
    /// the provider below that blocks. *Checked*: Duty18.
    cancel_blocking_call: WspCancelBlockingCall;
    /// AcceptEx. *Called* through the pointer that SIO_GET_EXTENSION_FUNCTION_POINTER gave, if the layer hands out
    /// functions of its own. *Must* translate both handles. *Checked*: Duty9, Duty10, Duty25 to Duty29.
    accept_ex: AcceptEx;
    /// ConnectEx. *Called* like AcceptEx. *Must* translate the handle. *Checked*: as for AcceptEx.
    connect_ex: ConnectEx;
    /// DisconnectEx. *Called* like AcceptEx. *Must* translate the handle. *Checked*: as for AcceptEx.
    disconnect_ex: DisconnectEx;
    /// GetAcceptExSockaddrs. *Called* like AcceptEx, for the names in a buffer. *Must* leave the buffer alone.
    /// *Checked*: nothing.
    get_accept_ex_sockaddrs: GetAcceptExSockaddrs;
}
