using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>How the end of a broken connection appears to one side.</summary>
internal enum Ending
{
    /// <summary>A reset: bytes in flight are discarded.</summary>
    Reset = 1,

    /// <summary>An orderly close after all bytes in flight.</summary>
    End,

    /// <summary>Silence, as when a network is lost.</summary>
    Silence,
}

/// <summary>
/// A TCP proxy on loopback that gives a service a bad network. Cuts and stalls are given as a number of bytes from clients, counted over
/// all connections: the connection that brings the next byte is broken or held.
/// </summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly PriorityQueue<bool, long> _marks = new();
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private readonly List<(CutConnection Connection, Task Run)> _connections = [];
    private TaskCompletionSource<bool> _goOn = New<bool>();
    private TaskCompletionSource _stalled = New();
    private TaskCompletionSource _broken = New();
    private long _passed;
    private long _passedBack;

    public CutProxy(Uri target, IEnumerable<long>? cuts = null, IEnumerable<long>? stalls = null)
    {
        Target = target;
        foreach (var cut in cuts ?? [])
            _marks.Enqueue(true, cut);
        foreach (var stall in stalls ?? [])
            _marks.Enqueue(false, stall);
        // Small, so that a client cannot finish before the service has received anything.
        _listener.Server.ReceiveBufferSize = 64 << 10;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>The service to which new connections go; a test changes it when the service has another port after a restart.</summary>
    public Uri Target { get; set; }

    /// <summary>How a client sees a cut.</summary>
    public Ending ToClient { get; set; } = Ending.Reset;

    /// <summary>How the service sees a cut.</summary>
    public Ending ToService { get; set; } = Ending.Reset;

    /// <summary>The delay of each block of bytes in both directions.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Bytes per second from each client; 0 means unlimited.</summary>
    public long Rate { get; set; }

    /// <summary>
    /// How many blocks of 16 KiB may be in flight in each direction of a connection; beyond that the sender is slowed down.
    /// </summary>
    public int RunsOnTheWay { get; set; } = 64;

    /// <summary>The buffer of the sockets to the service; null means the system's default.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>After this number of bytes to clients over all connections, the connection with the next bytes stalls; once.</summary>
    public long? SilentAfter { get; init; }

    /// <summary>How many connections were cut.</summary>
    public int Broken { get; private set; }

    /// <summary>Bytes that were passed to the service's side.</summary>
    public long Passed => Volatile.Read(ref _passed);

    /// <summary>
    /// The most bytes that may have to be sent again after all cuts: <see cref="InFlight"/> of each, and the one block that the service's
    /// transport may have read for a request that was not yet handled.
    /// </summary>
    public long MayBeLost { get; internal set; }

    /// <summary>How many of the passed bytes were in kernel buffers at the last cut, in the proxy's socket or the service's.</summary>
    public long InFlight { get; internal set; }

    /// <summary>Completes when a connection is held. The deadline ends a test that would hang.</summary>
    public Task StalledAsync() => _stalled.Task.WaitAsync(Eventually.Limit, TimeProvider.System);

    /// <summary>Completes when a connection has been cut since the last call.</summary>
    public async Task CutAsync()
    {
        await _broken.Task.WaitAsync(Eventually.Limit, TimeProvider.System);
        _broken = New();
    }

    /// <summary>Schedules another cut, counted from the bytes that have passed.</summary>
    public void CutAfter(long bytes)
    {
        lock (_gate)
            _marks.Enqueue(true, _passed + bytes);
    }

    /// <summary>Cancels all scheduled cuts.</summary>
    public void ForgetCuts()
    {
        lock (_gate)
            _marks.Clear();
    }

    /// <summary>Releases the held connection.</summary>
    public void GoOn() => Release(cut: false);

    /// <summary>Cuts the held connection.</summary>
    public void CutHeld() => Release(cut: true);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var (connection, run) in _connections)
        {
            connection.Dispose();
            await run;
        }

        _stop.Dispose();
    }

    /// <summary>How many of the next bytes may pass, and what happens after them.</summary>
    internal (int Pass, bool Cut, Task<bool>? Stall) Take(int count)
    {
        lock (_gate)
        {
            if (!_marks.TryPeek(out var cut, out var at) || _passed + count < at)
            {
                _passed += count;
                return (count, false, null);
            }

            _marks.Dequeue();
            var pass = (int)Math.Max(0, at - _passed);
            _passed += pass;
            if (!cut)
                return (pass, false, _goOn.Task);
            Broken++;
            return (pass, true, null);
        }
    }

    internal bool FallsSilent(int count) =>
        SilentAfter is { } most && Interlocked.Add(ref _passedBack, count) is var passed && passed > most && passed - count <= most;

    internal void OnStalled() => _stalled.TrySetResult();

    internal void OnCut() => _broken.TrySetResult();

    private void Release(bool cut)
    {
        lock (_gate)
        {
            if (cut)
                Broken++;
            _goOn.TrySetResult(cut);
            (_goOn, _stalled) = (New<bool>(), New());
        }
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var connection = new CutConnection(this, client, _stop.Token);
                _connections.Add((connection, connection.RunAsync(Target)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy has been disposed of.
        }
    }
}
