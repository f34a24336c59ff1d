//! Scenarios: a script of calls on a simulated machine, and what each of them must give.
//!
//! This page is the reference of the format. Reading order of the code: `file` (what can be written), `calls`
//! (the calls and their arguments), `form` and `written` (values that can be written in several ways), `load` (text to a checked
//! program), `play` (program to verdict), `seen` (what can be said of a run at some point), [`report`] (what is left
//! afterwards), [`programs`] (every order).
//!
//! # A scenario
//!
//! A scenario is one [RON](https://docs.rs/ron) file of at most 16 MiB.
//!
//! ```ron
//! Scenario(
//!     about: "A connected socket handed to another process outlives its source",
//!     rules: ["R1", "S3"],
//!     models: ["windows", "layer"],
//!     processes: ["peer", "source", "target"],
//!     steps: [
//!         (on: "peer",   call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "listener"),
//!         (on: "peer",   call: WSPBind(s: "listener", name: "127.0.0.1:7000")),
//!         (on: "peer",   call: WSPListen(s: "listener")),
//!         (on: "source", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
//!         (on: "source", call: WSPConnect(s: "s", name: "127.0.0.1:7000")),
//!         (on: "source", call: WSPDuplicateSocket(s: "s", process: "target"), gives: "info"),
//!         (on: "source", call: WSPCloseSocket(s: "s")),
//!         (on: "target", call: WSPSocket(info: "info"), gives: "t"),
//!         (on: "target", call: WSPSend(s: "t", data: "hello"), expect: Ok(5)),
//!         (on: "target", call: WSPSocket(info: "info"), expect: Err(WSAEINVAL)),
//!     ],
//!     finally: [References(socket: "t", count: 1)],
//! )
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `about` | one sentence: what the scenario shows |
//! | `rules` | what it is evidence for: rule ids (`"R3"`, `"Bind2"`) and usage scenarios (`"S1"` to `"S96"`); may be left out |
//! | `model: "m"` or `models: ["m", ...]` | the machines it must hold on; left out: `"windows"` |
//! | `profile: windows` | the [`Profile`](crate::world::policy::Profile) it is played under: `documented` or `windows`; left out: the model's |
//! | `policies: (block_reuse: SecondDescriptor)` | answers that differ from the profile's and the model's |
//! | `limits: (sockets: 3)` | limits that differ from the model's |
//! | `contracts: fail` | whether providers are held to their duties ([`Contracts`](crate::world::checks::Contracts)): `off`; `warn`: breaches are told; `fail`: they fail the scenario, unless a check `Breach` speaks of them. Left out: the model's, else `fail` |
//! | `budget: (ops: 100000, ms: 3600000)` | the defaults; beyond them the verdict is *out of budget* |
//! | `processes: ["p", (name: "q", width: 32), ...]` | started before the first step; each has called WSAStartup(2.2) |
//! | `steps: [...]` | the script |
//! | `wakes: ByStep` | calls that waited go on by `Run` steps only, see below; left out: `Automatic` |
//! | `programs: {"p": [...]}` | in place of `steps`, or after them: what each thread does, in any order, see *Programs* |
//! | `finally: [...]` | checks after the last step |
//!
//! A model name that ends in `.ron` is a file beside the scenario; other names are looked for as `models/NAME.ron`
//! in the scenario's folder and its parents, then among the built-in models ([`crate::model`]).
//!
//! # Names
//!
//! Names of processes and labels of values start with a letter and go on with letters, digits, `_`, `-` and `.`.
//! They share one name space, each is given once, and each is given before it is used.
//!
//! A process runs a 64-bit program with the rights of an administrator, unless it says otherwise:
//! `(name: "q", width: 32, administrator: false, path: "C:\\\\app.exe", command_line: "-x")`. Path and command line are
//! what WSCSetApplicationCategory knows an application by. `Start` and CreateProcess take the same; a child is as wide
//! and has the rights of its parent.
//!
//! `on: "target/worker"` names a further thread of process `target`. It is made by CreateThread as soon as the
//! process runs, before the step that follows.
//!
//! A label stands for what a step gave: a handle, a window, a block, an address, a received value. A handle's label
//! means its number: used by another process than its owner it passes the bare number, which there names nothing,
//! or (after inheritance or DuplicateHandle) the copy.
//!
//! # Steps
//!
//! | step | meaning |
//! |---|---|
//! | `(on: "p", call: C, gives: "label", expect: E)` | the thread makes call `C`, which must give `E` |
//! | `(on: "p", call: C, borders: 2)` | the call stops at its second frame border, see below; `answers` may have `borders`, too |
//! | `(on: "p", returns: E, gives: "label")` | the call that was parked on this thread has returned `E`; `returns: Parked`: it has not |
//! | `(on: "p", answers: CF_ACCEPT, gives: "label", expect: E)` | the callback this thread is inside returns; then its call must give `E` |
//! | `(op: O)` | something happens to the machine |
//! | `(check: K)` | `K` holds now |
//!
//! `gives` and `expect` may be left out. A call without `expect` must succeed; waiting is not success.
//!
//! After every step all parked calls that can go on do so, in the order of the threads, until none can; under
//! `wakes: ByStep` they do so only when a step `(op: Run("p"))` says that the thread goes on. What they
//! return is kept until a `returns` step asks for it. A thread whose parked call has returned makes no other call
//! before that. At the end every result must have been asked for, and a call that still waits makes the verdict
//! *stuck*, unless `finally` says `Parked("p")`.
//!
//! A call passes a *frame border* where it is handed to a provider and where a provider's answer goes back: four of them
//! over one layer. With `borders: 2` it stops there, `Paused` is what it is expected to come to, and other threads can come
//! between. It goes on by `Run("p")` to its end, or by `Proceed(on: "p", borders: 1)` to a further border; never by
//! itself. A `returns` step then asks for its result. ws2_32 starts and cleans up providers under a lock of its own:
//! there a call has no borders.
//!
//! # Ops
//!
//! | op | meaning |
//! |---|---|
//! | `Advance(ms: 100)` | virtual time passes |
//! | `Start(name: "p", suspended: false, winsock: true, id_of: "q", width: 64, administrator: true, path, command_line)` | a process appears, without parent; all but `name` may be left out. `winsock`: it calls WSAStartup(2.2), unless suspended. `id_of`: it gets the process id of `q`, which has ended, or a number |
//! | `Kill("p")` | a process is ended from outside |
//! | `Fault(F)` | [`Fault`](crate::world::fault::Fault): `NetworkDown`, `NetworkUp`, `NotReady`, `Ready`, `NoBuffers`, `BuffersBack`, `ConnectLatency(ms: 50)`, `AddInterface(address: "10.0.0.5", prefix: 24)` and `RemoveInterface(address: "10.0.0.5")` (change notices come), `Link(...)` (see below), `LinksRestored`, `Catalog(T)` and `CatalogWell` (the registry with the catalogs is in trouble: `Busy`, `NoMemory`, `SystemCall`, `Registry(ERROR_ACCESS_DENIED)`), `FailCall(function: WSPSocket, nth: 1, error: WSAENETDOWN)`, `FailUpcall(upcall: WPUCreateSocketHandle, nth: 1, error: WSAENOBUFS)`; `nth` left out is 1 |
//! | `BreakConnection(socket: "s", error: WSAENETRESET)` | the connection of a socket breaks |
//! | `Run("p")` | the call of this thread goes on that waited, and whose wait is over, or that stopped at a frame border |
//! | `Proceed(on: "p", borders: 2)` | the same, to its second frame border from here at most |
//! | `LimitHandles(process: "p", handles: 3)` | a process may hold so many handles; `handles: None`: the model's limit again |
//!
//! `Link(effect: E, from: "127.0.0.1:7000", to: "127.0.0.2", one_way: false, since_ms: 100, until_ms: 200, first: 2, every: 3)`
//! is a fault of the network between addresses of the machine, in force beside those there are until `LinksRestored`.
//! All but `effect` may be left out: `from` and `to` are then any address, an address without port is all its ports.
//! The rule acts both ways unless `one_way`, in a window of virtual time, on the first so many or every so many-th of
//! the datagrams (sends, requests to connect) it meets.
//!
//! | effect | datagrams | streams | requests to connect |
//! |---|---|---|---|
//! | `Latency(ms: 50)` | arrive later, in order | bytes and the end arrive later, in order | arrive after twice the time |
//! | `Loss` | are lost | | |
//! | `Reorder(ms: 50)` | arrive later, overtaken by others | | |
//! | `Partition` | are lost | wait; WSAECONNABORTED after the limit `retransmit_timeout_ms` or TCP_MAXRT, WSAENETRESET by keep-alive | wait; WSAETIMEDOUT after `connect_timeout_ms` |
//!
//! # Calls
//!
//! Arguments have the documented names without their Hungarian prefixes. All may be left out except those marked `!`.
//! The calls a client makes through ws2_32 bear the name of the provider entry they become.
//!
//! | call | gives |
//! |---|---|
//! | `WSPSocket(af, kind, protocol, info, group, flags: "WSA_FLAG_OVERLAPPED")` | socket |
//! | `WSPDuplicateSocket(s!, process!, info)` | block |
//! | `WSPCloseSocket(s!)` | |
//! | `WSPBind(s!, name!)` | |
//! | `WSPListen(s!, backlog: SOMAXCONN)` | |
//! | `WSPConnect(s!, name!, caller_data, callee_room, quality_of_service: false)` | |
//! | `WSPAccept(s!, addr: Null, condition)` | socket |
//! | `WSPSend(s!, data!, flags: "0", sent, overlapped)` | |
//! | `WSPSendTo(s!, data!, to!, flags: "0", sent, overlapped)` | |
//! | `WSPRecv(s!, room: 65536, flags: "0", received, overlapped)` | |
//! | `WSPRecvFrom(s!, room: 65536, from: 128, flags: "0", received, overlapped)` | address of the sender |
//! | `WSPShutdown(s!, how!)` | |
//! | `WSPGetSockOpt(s!, option!, room)` | block, for SO_PROTOCOL_INFOW |
//! | `WSPSetSockOpt(s!, option!, value!, negative: false)` | |
//! | `WSPGetSockName(s!, room: 128)`, `WSPGetPeerName(s!, room: 128)` | address |
//! | `WSPIoctl(s!, code!, input: Null, room, returned, overlapped)` | function, for SIO_GET_EXTENSION_FUNCTION_POINTER |
//! | `WSPEventSelect(s!, event: "NULL", events: "0")` | |
//! | `WSPAsyncSelect(s!, window!, message: 1025, events: "0")` | |
//! | `WSPEnumNetworkEvents(s!, event: "NULL", events, codes: 0)` | |
//! | `WSPAddressToString(address!, info, room: 128)` | |
//! | `WSPStringToAddress(text!, family: AF_INET, info, room: 128)` | address |
//! | `WSPSelect(read: ["s"], write: Null, except: Null, timeout_ms, timeout)` | |
//! | `WSPJoinLeaf(s!, name!, flags: JL_BOTH, caller_data, callee_room, quality_of_service: false)` | socket |
//! | `WSPSendDisconnect(s!, data)`, `WSPRecvDisconnect(s!, room)` | |
//! | `WSPGetOverlappedResult(s!, overlapped!, wait: false)` | |
//! | `WSPGetQOSByName(s!, name!, room: 65536, qos)` | |
//! | `WSPCancelBlockingCall()` | |
//! | `AcceptEx(function!, s!, accept!, output, receive: 0, local: 144, remote: 144, overlapped)` | |
//! | `ConnectEx(function!, s!, name!, data: Null, overlapped)` | |
//! | `DisconnectEx(function!, s!, flags: 0, reserved: 0, overlapped)` | |
//! | `GetAcceptExSockaddrs(function!, overlapped!)` | |
//! | `WSAStartup(version: "2.2")`, `WSACleanup()` | |
//! | `WSAGetLastError()`, `WSASetLastError(error: None)` | |
//! | `WSADuplicateSocketA(s!, process!, info)` | block |
//! | `WSASocketA(af, kind, protocol, info, group, flags: "WSA_FLAG_OVERLAPPED")` | socket |
//! | `WSAEnumProtocols(protocols, room)` | |
//! | `WSAProviderConfigChange(handle: "NULL", overlapped)` | notification handle, for NULL |
//! | `WSACreateEvent()` | event |
//! | `WSACloseEvent(event!)`, `WSASetEvent(event!)`, `WSAResetEvent(event!)` | |
//! | `WSAWaitForMultipleEvents(events!, all: false, timeout_ms, alertable: false)` | |
//! | `WSAPoll(fds: [(fd!, events: "0"), ...], count: 0, timeout_ms: -1)` | |
//! | `WSASetBlockingHook()`, `WSAUnhookBlockingHook()` | |
//! | `WSCInstallProvider(provider!, path, entries)`, `WSCInstallProvider64_32` | |
//! | `WSCInstallProviderAndChains64_32(provider!, path, path32, name!, service_flags: "0", entries: Null, id)`; in a 32-bit process `WSCInstallProviderAndChains`, without `path32` | |
//! | `WSCDeinstallProvider(provider!, errno)`, `WSCUpdateProvider(provider!, path, entries)` | |
//! | `WSCWriteProviderOrder(ids!)` | |
//! | `WSCEnumProtocols(protocols: Null, room)` | |
//! | `WSCGetProviderPath(provider!, room: 260)` | |
//! | `WSCGetProviderInfo(provider!, kind: ProviderInfoLspCategories, room: 4)`, `WSCSetProviderInfo(provider!, kind, info!, size)` | |
//! | `WSCGetApplicationCategory(path!, extra, categories)`, `WSCSetApplicationCategory(path!, extra, categories!, previous)` | |
//! | `CreateProcess(name!, suspended: false, inherit: false, id_of, width, administrator, path, command_line)` | the process is called `name` from now on; it has not called WSAStartup |
//! | `ResumeProcess(process!)`, `TerminateProcess(process!)`, `ExitProcess()` | |
//! | `OpenProcess(process!)` | process handle |
//! | `DuplicateHandle(handle!, target!, inheritable: false)` | handle of the target |
//! | `SetHandleInformation(handle!, inheritable!)`, `GetHandleInformation(handle!)`, `CloseHandle(handle!)` | |
//! | `CreateWindow()` | window |
//! | `DestroyWindow(window!)`, `GetMessage(window!)`, `PeekMessage(window!)` | |
//! | `ReadFile(file!, room: 65536, overlapped)`, `WriteFile(file!, data!, overlapped)` | |
//! | `ExitThread()` | |
//! | `SleepEx(timeout_ms, alertable: false)` | |
//! | `CreateIoCompletionPort(file, port, key: 0)` | port |
//! | `GetQueuedCompletionStatus(port!, timeout_ms)` | |
//! | `PostQueuedCompletionStatus(port!, key: 0, overlapped, transferred: 0)` | |
//! | `CancelIo(file!)`, `CancelIoEx(file!, overlapped)` | |
//! | `GetCurrentProcessId()` | process id |
//! | `Send(to!, value!)` | interprocess communication: sends a label's value, a process's id, or `Text("...")` |
//! | `Receive()` | what the oldest `Send` to this process sent; waits for one |
//!
//! A call without arguments is written with its brackets, too: `call: WSACleanup()`.
//!
//! Extension functions are called through pointers: `function` is the label of the WSPIoctl that gave one, and the call
//! goes to the provider whose function it is, whatever layers stand above. `s` of AcceptEx is the listening socket,
//! `accept` the one that becomes the connection's; `output: Null` is a bad lpOutputBuffer, and `receive`, `local` and
//! `remote` are the lengths it is divided by. `overlapped` of GetAcceptExSockaddrs names the buffer: that of the
//! AcceptEx with this structure. TransmitFile, TransmitPackets, WSARecvMsg and WSASendMsg have pointers and no calls.
//!
//! How arguments are written:
//!
//! | argument | forms |
//! |---|---|
//! | handle (`s`, `event`, `handle`) | a label; a number; `"INVALID_SOCKET"`; `"NULL"` |
//! | process (`process`, `target`, `to`, `id_of`) | a process, running or ended; the label of a received or own process id; a number, `-1` included |
//! | `af`, `kind`, `protocol`, `how`, `backlog`, `family` | a Windows name such as `AF_INET6`, or a number. `af`, `kind` and `protocol` left out are 0, or `FROM_PROTOCOL_INFO` when `info` is given |
//! | `flags`, `events` | text: names joined with `\|`, `"0"`, numbers |
//! | `info` | a block, see below. In WSPDuplicateSocket, WSADuplicateSocketA: left out, or `Null` |
//! | `name`, `to`, `address` | `"127.0.0.1:80"`, `"[::1]:80"`, `"family 26"`; the label of an address; `Null`; `Short("127.0.0.1:80", 8)`: with a wrong length |
//! | `data` | `"text"`; `Hex("00 ff")`; `Repeat("x", 70000)`; `Many(["a", "b"])`; `Null` |
//! | `room` of a receive | bytes; `[2, 3]`; `Null` |
//! | other `room`, `addr`, `from` | bytes; `Null` |
//! | `option` | `SO_LINGER`; `(SOL_SOCKET, 128)`; `(0xffff, 0x80)`. `room` left out is the size of the option's type |
//! | `value` | `true`; `5`; `Linger(on: true, seconds: 3)`; `Hex("01")`; `Socket("s")`, a handle's number (SO_UPDATE_ACCEPT_CONTEXT); `Null` |
//! | `code` | `FIONBIO`, or a number. `room` left out is the size of its output, `Null` for no output |
//! | `input` | as `value`, an address as text, and the GUID of an extension function by its name, `WSAID_ACCEPTEX` |
//! | `output` | `Null`, else leave it out |
//! | `condition` | `CF_ACCEPT`, `CF_REJECT`, `CF_DEFER`, or a number: what it returns at once; `Asks`: the call parks until an `answers` step; `Wild`: a bad pointer |
//! | `overlapped` | `(id: 1, event: "e", routine: false)`: the structure's number in its process, hEvent, and a completion routine: `true`: it returns at once, `Asks`: its thread stays inside it until an `answers` step. The extension functions take no routine. In WSPGetOverlappedResult, CancelIoEx, PostQueuedCompletionStatus, GetAcceptExSockaddrs: the number |
//! | `returned`, `sent`, `received`, `events` of WSPEnumNetworkEvents, `qos` | `Null`, else leave it out |
//! | `codes` | what every slot of iErrorCode holds on the way in |
//! | `negative` | whether optlen is negative, whatever the value |
//! | `protocols` | lpiProtocols, as in `[IPPROTO_TCP, IPPROTO_UDP]`; left out: NULL. `room` left out is enough |
//! | `read`, `write`, `except` | a list of sockets; `Null`; `Wild`: a bad pointer |
//! | `timeout_ms` | milliseconds; left out: for ever |
//! | `timeout` of WSPSelect | in place of `timeout_ms`: `(1, 500000)`, seconds and microseconds; `Wild`: a bad pointer |
//! | `fds`, `count` of WSAPoll | `fds` left out is NULL, with `count` elements |
//!
//! The calls on the catalogs (WSC) serve the catalog of their caller's width; in a 64-bit process those from
//! WSCDeinstallProvider to WSCSetProviderInfo have a second form in 32, for the other one. Their arguments:
//!
//! | argument | forms |
//! |---|---|
//! | `provider` | the name of a provider of the model or of one of its entries; an id, as `"{...}"` |
//! | `path`, `path32`, `name`, `extra` | text; `Repeat("x", 300)`. `path` left out is that of the provider named |
//! | `entries` | a list of blocks; left out: `Null` |
//! | `ids` | a list of catalog ids and names of entries |
//! | `protocols` | a list of protocols |
//! | `kind` | `ProviderInfoLspCategories`, `ProviderInfoAudit`, or a number |
//! | `info` | `"LSP_FIREWALL"`; `size`: with so many bytes |
//! | `room` | bytes; of a path: characters; `Null` |
//! | `errno`, `categories` of WSCGetApplicationCategory | `Null`, else leave it out |
//! | `id`, `previous` | `Null`, `Wild`, else leave it out |
//!
//! Pointers among them can be `Null` and `Wild`, too.
//!
//! A block is written as
//!
//! - `"label"`: what WSPDuplicateSocket, WSADuplicateSocketA, SO_PROTOCOL_INFOW or Receive gave. Where the other
//!   width is wanted the name is widened or narrowed;
//! - `Entry("MSAFD Tcpip [TCP/IP]")`: an ordinary record of the catalog, as it is now or as the model has it;
//! - `Record(name: "Layer", chain: [], ...)`: a record with these fields, all others zero; the fields are those of `set`;
//! - `Tampered(of: "label", ...)`, with one or more of `truncate: 100` (bytes kept), `extend: 8` (bytes added),
//!   `flip_bit: 900`, `zero: true`, `set: (...)`. `of` may be `Entry("...")`. The fields of `set`:
//!   `catalog_entry_id`, `provider_reserved`, `service_flags1` to `service_flags4`, `provider_flags`, `provider_id`,
//!   `chain: [1001]`, `version`, `address_family`, `max_sock_addr`, `min_sock_addr`, `socket_type`, `protocol`,
//!   `protocol_max_offset`, `network_byte_order`, `security_scheme`, `message_size`, `name`. A number can be
//!   `Incremented`.
//!
//! # Expectations
//!
//! `Ok`: any success. `Ok(V)`: this value. `Err(WSAEINVAL)`; `Err`: any error. `Parked`: the call waits. `Paused`: it stopped at a
//! frame border.
//! `AnyOf([E, ...])`: one of these.
//!
//! | value | holds for |
//! |---|---|
//! | `5` | bytes sent; ready sockets of WSPSelect and WSAPoll; number of bytes received; an option or ioctl output of four bytes; the index of the signalled event; a process id; the catalog id of a layer installed |
//! | `true` | an option or ioctl output; GetHandleInformation |
//! | `"text"` | bytes received; an address; the text of WSPAddressToString or of `Receive`; network events without errors, as `"FD_READ\|FD_WRITE"`; a version, as `"2.2"`; the path of a DLL; LSP categories, as `"LSP_PROXY"` |
//! | `Hex("00 ff")`, `Repeat("x", 9)` | bytes received; an option or ioctl output |
//! | `End` | no bytes received: the peer has closed |
//! | `None` | no message; no event in time; last error zero; no events; no address |
//! | `WSAECONNREFUSED` | the last error; SO_ERROR |
//! | `Linger(on: true, seconds: 3)` | SO_LINGER |
//! | `Received(data: "x", from: "127.0.0.1:80", flags: "MSG_PARTIAL")` | a receive; what is left out may be anything |
//! | `Accepted(data: "x", local: "127.0.0.1:80", remote: "127.0.0.1:9000")` | AcceptEx that is over, and the result of one that was pending; what is left out may be anything |
//! | `Sockaddrs(local: "127.0.0.1:80", remote: "127.0.0.1:9000")` | GetAcceptExSockaddrs; `None`: no addresses |
//! | `Events(events: "FD_CONNECT", errors: {"FD_CONNECT": WSAECONNREFUSED}, others: 0)` | WSPEnumNetworkEvents; `others`: the slots of events that did not happen |
//! | `Message(event: "FD_CLOSE", error: WSAECONNABORTED, socket: "s", message: 1025)` | GetMessage, PeekMessage; no `error` means none, what else is left out may be anything |
//! | `Ready(read: ["s"], write: [], except: [])` | WSPSelect; what is left out is empty |
//! | `Polled(["POLLRDNORM", "0"])` | WSAPoll: the revents, in order |
//! | `WSA_WAIT_IO_COMPLETION`, `WAIT_IO_COMPLETION` | a wait that completion routines ended |
//! | `Packet(key: 0, overlapped: 1, transferred: 5, error: WSAECONNRESET)` | GetQueuedCompletionStatus; what is left out is zero, NULL, no error. No packet in time: `None` |
//! | `WsaData(version: "2.2", high_version: "2.2", description: "..", system_status: "Running", max_sockets: 0, max_udp_dg: 0)` | WSAStartup; what is left out may be anything
//! | `Entries(["MSAFD Tcpip [TCP/IP]", ...])` | WSAEnumProtocols and WSCEnumProtocols, in order |
//! | `Block(...)` | a block with these fields, as in `set`: `Block(name: "MSAFD Tcpip [TCP/IP]")` |
//!
//! # Checks
//!
//! | check | holds when |
//! |---|---|
//! | `References(socket: "s", count: 2)` | the shared socket has so many descriptors and pending duplications together |
//! | `Descriptors(socket: "s", count: 1)` | it has so many descriptors, over all processes |
//! | `Duplications(count: 0)` | so many duplications are pending on the machine |
//! | `Sockets(count: 3)` | there are so many shared sockets on the machine |
//! | `SameSocket("a", "b")`, `DifferentSockets("a", "b")` | the descriptors name one shared socket, or two |
//! | `SameNumber("a", "b")`, `DifferentNumbers("a", "b")` | the handles have equal numbers, or not |
//! | `Signalled(event: "e", is: true)` | the event is signalled, or not |
//! | `Handles(process: "p", count: 2)` | the process holds so many handles |
//! | `Contexts(process: "p", provider: "layer", count: 1)` | the provider holds so many socket contexts there |
//! | `Needed(on: "p", size: 3768)` | the size that a call without enough room has stored last: mostly what it takes to succeed |
//! | `LastError(on: "p", is: WSAEINVAL)` | the thread's last error; `is: None`: zero |
//! | `Registered(socket: "s", by: "p")` | the network events of the socket are registered by this process; `by: None`: by nobody |
//! | `Messages(window: "w", count: 0)` | so many messages wait in the window's queue |
//! | `Pending(process: "p", count: 1)` | so many overlapped structures of the process belong to pending operations |
//! | `Packets(port: "port", count: 1)` | so many packets wait at the completion port |
//! | `Routine(on: "p", overlapped: 1, transferred: 5, error: WSA_OPERATION_ABORTED, times: 1)` | the completion routine of this structure ran so often, with these arguments; no `error` means none |
//! | `Upcall(by: "layer", name: WPUQueueApc, error: WSAEFAULT, times: 1)` | the provider made such upcalls; no `error` means success, without `times`: at least one |
//! | `Parked("p")`, `Paused("p")` | the thread's call waits, or stopped at a frame border |
//! | `Running("p")`, `Suspended("p")`, `Ended("p")` | what the process is doing |
//! | `Breach(rule: "Duty5", by: "layer", times: 1)` | the provider has broken the duty so often since the start; without `times`: at least once. Breaches that a check of the scenario speaks of do not fail it |
//! | `Decided(policy: "block_reuse")` | the policy has decided something since the start |
//! | `RuleUsed("R3")` | the rule has decided something since the start |
//! | `Crossed(into: "msafd", call: WSPSocket, info: "MSAFD Tcpip [TCP/IP]", on: "p", times: 1)` | such calls crossed into the provider; `call` and what follows may be left out, without `times`: at least one |
//! | `NotCrossed(into: "layer", call: WSPDuplicateSocket)` | none did; the same fields |
//!
//! A socket's label in a check means the shared socket it stood for when it was given, even after its descriptor is
//! closed; a socket that is gone has no references. Other labels are looked up in the process that owns them.
//!
//! # Programs
//!
//! `programs` gives each thread its own list of items. Their order is the explorer's: [`programs`] makes of them
//! something that [`explore`](crate::explore) goes through in every order, `wspsim explore` does. [`play()`] plays one
//! order: the threads take turns with whole calls, in the order in which the file names them first. `steps`, if there are any, come
//! before the programs, as they stand.
//!
//! ```ron
//! Scenario(
//!     about: "Two threads close one descriptor: exactly one of them succeeds",
//!     processes: ["p"],
//!     steps: [
//!         (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
//!     ],
//!     programs: {
//!         "p":        [(name: "first",  call: WSPCloseSocket(s: "s"), expect: AnyOf([Ok, Err(WSAENOTSOCK)]))],
//!         "p/worker": [(name: "second", call: WSPCloseSocket(s: "s"), expect: AnyOf([Ok, Err(WSAENOTSOCK)]))],
//!     },
//!     allowed: [
//!         {"first": Ok, "second": Err(WSAENOTSOCK)},
//!         {"first": Err(WSAENOTSOCK), "second": Ok},
//!     ],
//! )
//! ```
//!
//! | item | meaning |
//! |---|---|
//! | a step without `on` | as in `steps`: `call`, `returns`, `answers`, `op` or `check` with `expect` and `gives` |
//! | `(call: C, cases: [(E, [...]), (Else, [...])])` | the first case that expects what came goes on with its items, then behind the step; no case: violated. Beside `answers`, too. `Else`: whatever it returned |
//! | `name: "n"` in a step | `allowed` can speak of its result; several steps of one program may share a name, of what they come to the last counts |
//! | `Repeat(times: 3, do: [...])` | so many rounds, 255 at most; `Break` leaves the innermost one |
//! | `Choose([[...], [...]])` | any one of these |
//! | `Return` | the program is over |
//!
//! A call that waits keeps its thread until it returns. One that is expected to be `Parked` does not: the thread goes
//! on, inside a callback with the calls the callback makes, and a `returns` or `answers` step asks for the result.
//!
//! One choice of the explorer is one whole call of one thread; a call that waited goes on by a choice of its own, as
//! soon as it can. Equal states are one, and so are those that differ only in the numbers that handles, processes and
//! tokens happen to have, unless the scenario itself names such numbers. Processes with equal programs, each with labels of
//! its own, are interchangeable unless a step of theirs has a name, or a check or a fault speaks of one of them: it does
//! not matter which of them is where. Steps that touch nothing in common are tried in
//! one order. `granularity: Frame`, or `wspsim explore --granularity frame`, makes the choices finer.
//! A check that looks at the past (`RuleUsed`, `Crossed`, ...) makes what it
//! counts part of the state, and all orders are tried.
//!
//! A label may be used before the program that gives it stands in the file; it is given by one program, there at several
//! places if need be. A thread whose next step uses a label of another thread waits until it has a value, as if it were told
//! by means outside Winsock. A label of its own that has no value is a mistake of the program: violated. A process is named
//! once in a run.
//!
//! | field | meaning |
//! |---|---|
//! | `faults: [Kill("p"), AtMost(2, Fault(NoBuffers))]` | ops that may happen at any point while anything goes on: once, or so many times |
//! | `granularity: Frame` | one choice lets a call go on to its next frame border only, so that others come between a layer and the provider below; `always` and `sometimes` look at these states, too. Left out, or `Call`: to where it returns or waits |
//! | `time: Free` | virtual time may pass whenever something waits for it; left out, or `Idle`: when nothing else can happen. It passes up to the next deadline |
//! | `always: [K, ...]` | checks that hold in every state; passed over while their labels have no value |
//! | `sometimes: [K, ...]` | checks that each hold in some state of some order, 64 at most; never reached: violated |
//! | `finally: [K, ...]` | checks at the end of every order; passed over when a label has no value in that order |
//! | `allowed: [{"n": E, "m": E}, ...]` | what named steps may come to together; names left out may come to anything. `Never`: the step is not reached |
//! | `verdict: violated` | what exploring it comes to: `holds`, `violated`, `violated(allowed)` (the kind of what is wrong: `expect`, `step`, `check`, `always`, `sometimes`, `finally`, `allowed`, `unclaimed`, `leak`, `invariant`) or `stuck`; left out, nothing is said. `run` and `coverage` pass over a file that says it goes wrong, unless it is named |
//! | `budget: (ops: 100000, ms: 3600000)` | the choices of one run, and its virtual time |
//!
//! Verdicts: *holds*; *violated*: something is wrong in some order; *stuck*: somebody waits in some order and nobody
//! will end it, unless `finally` says `Parked("p")`; *out of budget*. The search stops at the first thing wrong, except
//! that all combinations of named steps are found.
//!
//! A counterexample is saved as an ordinary scenario of steps. It fails as long as what it shows is there: at the
//! step whose `expect` did not hold, at the `check` of a property, at the last named step of a combination nobody allowed
//! (the named steps before it expect what they came to), or by staying stuck. So it is a regression test. It has no step
//! that could be left out; one that is stuck keeps all its steps, because without the step that should have ended a wait
//! any call waits.
//!
//! # What is checked without being asked
//!
//! After every op the machine's invariants hold: references and descriptors add up, every pending operation has its
//! structure and every pending structure its operation, so that no completion is lost. At the end, on a copy of the machine, every process calls WSACleanup
//! as often as needed and is killed; afterwards no shared socket (except one still delivering data), pending
//! duplication, event or provider context may be left.

mod block;
mod build;
mod calls;
mod catalog_form;
mod check;
mod duty;
mod ending;
mod expect;
mod fail;
mod file;
mod form;
mod judge;
mod leak;
mod load;
mod naming;
mod play;
mod program;
mod program_form;
pub mod programs;
mod reader;
pub mod report;
mod seen;
mod sets;
mod threads;
mod values;
mod verify;
mod written;

pub use file::Budget;
pub use play::{Logging, play, play_to_end};
pub use program::{Override, Scenario};
pub use report::{Diagnostic, Failure, FailureKind, Labelled, Named, Names, Report, StepMark, Verdict};
