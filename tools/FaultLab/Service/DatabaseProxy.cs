using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// Stands between the service and PostgreSQL: cuts connections, and swallows the reply to a request that was carried out, or what comes
/// behind its first half.
/// </summary>
internal sealed class DatabaseProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private long _requests;
    private long _loseAt = long.MaxValue;
    private long _actAt = long.MaxValue;
    private bool _tears;
    private Action? _action;
    private TaskCompletionSource _reached = new();

    public DatabaseProxy(LabRun run, int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
        run.Later(() => DisposeAsync().AsTask());
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many runs of bytes have come from the service; one request is one, or a few.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>Ends when <see cref="BeforeRequest"/> has done what it should.</summary>
    public Task Reached => _reached.Task;

    /// <summary>How many replies were swallowed, or torn.</summary>
    public int Lost { get; private set; }

    /// <summary>
    /// The reply to the request after so many others is lost, or all but the first half of it, and with it the connection.
    /// </summary>
    public void LoseReplyAfter(int requests, bool half)
    {
        _tears = half;
        Volatile.Write(ref _loseAt, Volatile.Read(ref _requests) + requests + 1);
    }

    /// <summary>Does something before a request, counted from here on, is handed to PostgreSQL.</summary>
    public void BeforeRequest(int request, Action action)
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _action = action;
        Volatile.Write(ref _actAt, Volatile.Read(ref _requests) + request);
    }

    public void CutAll()
    {
        foreach (var socket in _open.Keys)
            Reset(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        CutAll();
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
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                client.NoDelay = server.NoDelay = true;
                _ = _open.TryAdd(client, true) && _open.TryAdd(server, true);
                var loses = false;
                await Task.WhenAny(
                    CarryAsync(client, server, count =>
                    {
                        var request = Interlocked.Increment(ref _requests);
                        loses |= request == Volatile.Read(ref _loseAt);
                        if (request == Volatile.Read(ref _actAt))
                        {
                            _action!();
                            _ = _reached.TrySetResult();
                            return 0;
                        }

                        return count;
                    }),
                    CarryAsync(server, client, count =>
                    {
                        if (!loses)
                            return count;
                        Lost++;
                        return _tears ? count / 2 : 0;
                    }));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One of the two is gone, and so is the other.
            }

            _ = _open.TryRemove(client, out _);
            _ = _open.TryRemove(server, out _);
            Reset(client);
        }
    }

    /// <param name="pass">How many of these bytes may pass; fewer are the last ones.</param>
    private async Task CarryAsync(Socket from, Socket to, Func<int, int> pass)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var count)
        {
            var passed = pass(count);
            _ = await to.SendAsync(buffer.AsMemory(0, passed), SocketFlags.None, _stop.Token);
            if (passed == count)
                continue;
            // A reset would take back what has passed.
            if (passed > 0)
                to.Dispose();
            return;
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }
}
