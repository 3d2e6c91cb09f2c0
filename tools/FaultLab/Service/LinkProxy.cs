using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// A proxy between the service and PostgreSQL or a bucket, or between two nodes. It cuts connections, and it drops the reply to an executed
/// request, or the second half of it.
/// </summary>
internal sealed class LinkProxy : IAsyncDisposable
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
    private volatile bool _isCut;
    private Action? _action;
    private TaskCompletionSource _reached = new();

    public LinkProxy(LabRun run, int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
        run.Later(() => DisposeAsync().AsTask());
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many blocks of bytes the service has sent; a request is one or a few.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>Completes when <see cref="BeforeRequest"/> has run its action.</summary>
    public Task Reached => _reached.Task;

    /// <summary>How many replies were dropped or torn.</summary>
    public int Lost { get; private set; }

    /// <summary>Drops the reply to the request after this number of others, or its second half, and closes the connection.</summary>
    public void LoseReplyAfter(int requests, bool half)
    {
        _tears = half;
        Volatile.Write(ref _loseAt, Volatile.Read(ref _requests) + requests + 1);
    }

    /// <summary>Runs an action before a request, counted from now on, is passed to PostgreSQL.</summary>
    public void BeforeRequest(int request, Action action)
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _action = action;
        Volatile.Write(ref _actAt, Volatile.Read(ref _requests) + request);
    }

    /// <summary>While true, every connection is cut.</summary>
    public bool IsCut
    {
        get => _isCut;
        set
        {
            _isCut = value;
            if (value)
                CutAll();
        }
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
            // The proxy has been closed.
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
                if (_isCut)
                    CutAll();
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
                // One connection is closed, so close the other one.
            }

            _ = _open.TryRemove(client, out _);
            _ = _open.TryRemove(server, out _);
            Reset(client);
        }
    }

    /// <param name="pass">How many of these bytes may pass; if fewer than all, they are the last.</param>
    private async Task CarryAsync(Socket from, Socket to, Func<int, int> pass)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var count)
        {
            var passed = pass(count);
            _ = await to.SendAsync(buffer.AsMemory(0, passed), SocketFlags.None, _stop.Token);
            if (passed == count)
                continue;
            // A reset would discard the bytes that have passed.
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
            // The socket is closed already.
        }
    }
}
