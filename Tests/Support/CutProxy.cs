using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>What one side of a broken connection is told.</summary>
internal enum Ending
{
    /// <summary>A reset: what is on its way is thrown away.</summary>
    Reset = 1,

    /// <summary>All that was on its way, and then the end.</summary>
    End,

    /// <summary>Nothing at all, as when a network is lost.</summary>
    Silence,
}

/// <summary>
/// A TCP proxy on loopback that gives a service a bad network. Cuts and stalls name after how many bytes from clients, counted over all
/// connections, the connection that brings the next one is broken, or held.
/// </summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly PriorityQueue<bool, long> _marks = new();
    private readonly Uri _target;
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private readonly List<(CutConnection Connection, Task Run)> _connections = [];
    private TaskCompletionSource<bool> _goOn = New<bool>();
    private TaskCompletionSource _stalled = New();
    private TaskCompletionSource _broken = New();
    private long _passed;

    public CutProxy(Uri target, IEnumerable<long>? cuts = null, IEnumerable<long>? stalls = null)
    {
        _target = target;
        foreach (var cut in cuts ?? [])
            _marks.Enqueue(true, cut);
        foreach (var stall in stalls ?? [])
            _marks.Enqueue(false, stall);
        // Small, so that a client cannot be done while the service has nothing yet.
        _listener.Server.ReceiveBufferSize = 64 << 10;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>What the client is told when its connection is cut.</summary>
    public Ending ToClient { get; set; } = Ending.Reset;

    /// <summary>What the service is told when a connection is cut.</summary>
    public Ending ToService { get; set; } = Ending.Reset;

    /// <summary>How long each run of bytes is on its way, in both directions.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Bytes per second from each client; 0: as fast as they come.</summary>
    public long Rate { get; set; }

    /// <summary>
    /// How many runs of 16 KiB may be on their way in each direction of a connection; beyond it the sender is slowed down.
    /// </summary>
    public int RunsOnTheWay { get; set; } = 64;

    /// <summary>Of the sockets to the service; null: what the system gives.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>How many connections were cut.</summary>
    public int Broken { get; private set; }

    /// <summary>Bytes that were handed to the service's side.</summary>
    public long Passed => Volatile.Read(ref _passed);

    /// <summary>What may have to be sent again after all the cuts: <see cref="InFlight"/> of each, and the one block that the service's
    /// transport may have read for a request that nobody had begun to look at.</summary>
    public long MayBeLost { get; internal set; }

    /// <summary>
    /// At the last cut: how much of what had been handed over lay in the kernels, in the proxy's socket or the service's.
    /// </summary>
    public long InFlight { get; internal set; }

    /// <summary>Ends when a connection is held. The deadline ends a test that would hang.</summary>
    public Task StalledAsync() => _stalled.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);

    /// <summary>Ends when a connection has been cut since the last time.</summary>
    public async Task CutAsync()
    {
        await _broken.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        _broken = New();
    }

    /// <summary>Another cut, counted from the bytes that have passed.</summary>
    public void CutAfter(long bytes)
    {
        lock (_gate)
            _marks.Enqueue(true, _passed + bytes);
    }

    /// <summary>No cut that has not happened will.</summary>
    public void ForgetCuts()
    {
        lock (_gate)
            _marks.Clear();
    }

    /// <summary>Lets go of what is held.</summary>
    public void GoOn() => Release(cut: false);

    /// <summary>Cuts what is held.</summary>
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

    /// <summary>How many of the next bytes may pass, and what happens behind them.</summary>
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
                _connections.Add((connection, connection.RunAsync(_target)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }
}
