using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ChunkUpload.Client.Http;

/// <summary>
/// The client's own connections, which can be left for new ones: all at once when they went silent, and each by itself when the machine
/// loses the address that it goes out from, because nothing tells such a connection that its path is gone.
/// </summary>
internal sealed class Connections : IDisposable
{
    private const int Tcp = 6;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    // Limits unsent bytes in the system's buffers, so that accepted bytes are in flight. The option numbers of Linux and macOS.
    private static readonly byte[] Waiting = BitConverter.GetBytes(128 << 10);
    private static readonly int? WaitingOption = OperatingSystem.IsLinux() ? 25 : OperatingSystem.IsMacOS() ? 0x201 : null;

    private readonly Lock _gate = new();
    private readonly HashSet<OpenStream> _open = [];
    private HttpMessageInvoker _current;

    public Connections()
    {
        _current = Create();
        NetworkChange.NetworkAddressChanged += OnAddressChanged;
    }

    /// <summary>Gets a value that indicates whether no request can be sent any more.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The connections for new requests.</summary>
    public HttpMessageInvoker Current => Volatile.Read(ref _current);

    /// <summary>Other connections than the current ones, which know nothing of them.</summary>
    public HttpMessageInvoker Create() => new(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionIdleTimeout = IdleTimeout,
        ConnectCallback = ConnectAsync,
    });

    /// <summary>Leaves the current connections, of which those in use end with their request.</summary>
    public void GoOver(HttpMessageInvoker others) => Interlocked.Exchange(ref _current, others).Dispose();

    /// <summary>Leaves these connections for new ones, unless they were left already.</summary>
    public void Leave(HttpMessageInvoker connections)
    {
        var others = Create();
        if (Interlocked.CompareExchange(ref _current, others, connections) == connections)
            connections.Dispose();
        else
            others.Dispose();
    }

    /// <summary>Closes the connections that go out from an address that the machine does not have any more.</summary>
    public void CloseGone(Predicate<IPAddress> isThere)
    {
        List<OpenStream> gone;
        lock (_gate)
            gone = [.. _open.Where(stream => !isThere(stream.From))];
        gone.ForEach(stream => stream.Dispose());
    }

    public void Dispose()
    {
        IsDisposed = true;
        NetworkChange.NetworkAddressChanged -= OnAddressChanged;
        Current.Dispose();
    }

    private void OnAddressChanged(object? sender, EventArgs e)
    {
        try
        {
            var addresses = NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => Plain(unicast.Address)).ToHashSet();
            // The list has one loopback address, where all of 127.0.0.0/8 are.
            CloseGone(address => IPAddress.IsLoopback(address) || addresses.Contains(address));
        }
        catch (NetworkInformationException)
        {
            // Without a list of addresses, silence shows which connections are dead.
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (WaitingOption is { } option)
                socket.SetRawSocketOption(Tcp, option, Waiting);
            await socket.ConnectAsync(context.DnsEndPoint, stop);
            var stream = new OpenStream(this, socket, Plain(((IPEndPoint)socket.LocalEndPoint!).Address));
            lock (_gate)
                _ = _open.Add(stream);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Returns the address without its scope id, which an address in a list may lack.</summary>
    private static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());

    private sealed class OpenStream(Connections owner, Socket socket, IPAddress from) : NetworkStream(socket, ownsSocket: true)
    {
        public IPAddress From { get; } = from;

        protected override void Dispose(bool disposing)
        {
            lock (owner._gate)
                _ = owner._open.Remove(this);
            base.Dispose(disposing);
        }
    }
}
