using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A TCP proxy on loopback that breaks connections: each cut names after how many bytes from clients, counted over all connections, the
/// connection that brings the next one is reset on both sides.
/// </summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<long> _cuts;
    private readonly Uri _target;
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private readonly List<Task> _connections = [];
    private long _passed;

    public CutProxy(Uri target, IEnumerable<long> cuts)
    {
        _target = target;
        _cuts = new Queue<long>(cuts.Order());
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>How many connections were broken.</summary>
    public int Broken { get; private set; }

    /// <summary>Bytes that went from clients to the service.</summary>
    public long Passed => Volatile.Read(ref _passed);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(CarryAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var service = new TcpClient();
        using (client)
        {
            try
            {
                await service.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var up = UpAsync(client, service, both.Token);
                var down = service.GetStream().CopyToAsync(client.GetStream(), both.Token);
                await Task.WhenAny(up, down);
                await both.CancelAsync();
                await Task.WhenAll(up, down);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // One side has gone, and takes the other with it.
            }
        }
    }

    private async Task UpAsync(TcpClient client, TcpClient service, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        while (await client.GetStream().ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            var (pass, cut) = Take(count);
            await service.GetStream().WriteAsync(buffer.AsMemory(0, pass), cancellationToken);
            if (!cut)
                continue;
            foreach (var side in new[] { client, service })
            {
                side.LingerState = new LingerOption(enable: true, seconds: 0);
                side.Close();
            }

            return;
        }

        service.Client.Shutdown(SocketShutdown.Send);
    }

    private (int Pass, bool Cut) Take(int count)
    {
        lock (_gate)
        {
            if (!_cuts.TryPeek(out var next) || _passed + count < next)
            {
                _passed += count;
                return (count, false);
            }

            _cuts.Dequeue();
            Broken++;
            var pass = (int)Math.Max(0, next - _passed);
            _passed += pass;
            return (pass, true);
        }
    }
}
