using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>A proxy between the driver and the server that can break a connection anywhere in an answer.</summary>
internal sealed class DatabaseRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly EndPoint _server;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private CancellationTokenSource _here = new();
    private long _left = long.MaxValue;
    private int _refused;

    public DatabaseRelay(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString);
        _server = new UnixDomainSocketEndPoint(Path.Combine(text.Host!, $".s.PGSQL.{text.Port}"));
        _listener.Start();
        (text.Host, text.Port) = ("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        ConnectionString = text.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    public int Cuts { get; private set; }

    /// <summary>How many connections were refused while the server was away.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Cuts all connections and refuses others until <see cref="Return"/>.</summary>
    public void Leave() => _here.Cancel();

    public void Return() => Interlocked.Exchange(ref _here, new CancellationTokenSource()).Dispose();

    /// <summary>Cuts the connection on which the answers exceed this number of bytes, once.</summary>
    public void CutAfter(long bytes) => Volatile.Write(ref _left, bytes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _here.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // The proxy has been disposed of.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            if (_here.IsCancellationRequested)
            {
                _ = Interlocked.Increment(ref _refused);
                return;
            }

            using var both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _here.Token);
            try
            {
                await server.ConnectAsync(_server, both.Token);
                await await Task.WhenAny(
                    CarryAsync(client, server, _ => true, both.Token), CarryAsync(server, client, MayPass, both.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // One side has closed its connection, or the server is away.
            }
        }
    }

    private bool MayPass(int count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
            return true;
        Volatile.Write(ref _left, long.MaxValue);
        Cuts++;
        return false;
    }

    private static async Task CarryAsync(Socket from, Socket to, Func<int, bool> mayPass, CancellationToken cancellationToken)
    {
        var buffer = new byte[8 << 10];
        while (await from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) is > 0 and var count && mayPass(count))
            _ = await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, cancellationToken);
    }
}
