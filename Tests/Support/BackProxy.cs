using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>A TCP proxy on loopback that counts the bytes to the client, and can break all connections.</summary>
internal sealed class BackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private long _back;

    /// <param name="target">The port on loopback to which connections go.</param>
    /// <param name="address">The address at which clients connect; <c>null</c> for loopback.</param>
    public BackProxy(int target, IPAddress? address = null)
    {
        (Target, _listener) = (target, new TcpListener(address ?? IPAddress.Loopback, 0));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The address and port for clients.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>The bytes that were passed to clients.</summary>
    public long Back => Volatile.Read(ref _back);

    /// <summary>The port on loopback to which new connections go.</summary>
    public int Target { get; set; }

    /// <summary>Gets a value that indicates whether new connections are closed at once.</summary>
    public bool IsDown { get; set; }

    public int Connections { get; private set; }

    /// <summary>Resets all connections.</summary>
    public void Break()
    {
        lock (_gate)
        {
            foreach (var socket in _open)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }

            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Break();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                if (IsDown)
                    client.Dispose();
                else
                    _ = PassAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy has been disposed of.
        }
    }

    private async Task PassAsync(Socket client)
    {
        var target = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await target.ConnectAsync(IPAddress.Loopback, Target);
            lock (_gate)
            {
                _ = _open.Add(client);
                _ = _open.Add(target);
                Connections++;
            }

            Task[] both = [CopyAsync(client, target, isBack: false), CopyAsync(target, client, isBack: true)];
            // The end of one direction is forwarded alone, but a reset affects both.
            await await Task.WhenAny(both);
            await Task.WhenAll(both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side has ended.
        }
        finally
        {
            lock (_gate)
            {
                _ = _open.Remove(client);
                _ = _open.Remove(target);
            }

            client.Dispose();
            target.Dispose();
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool isBack)
    {
        var block = new byte[64 << 10];
        while (await from.ReceiveAsync(block) is > 0 and var read)
        {
            if (isBack)
                _ = Interlocked.Add(ref _back, read);
            for (var sent = 0; sent < read;)
                sent += await to.SendAsync(block.AsMemory(sent, read - sent));
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
