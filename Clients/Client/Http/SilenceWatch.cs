namespace ChunkUpload.Client.Http;

/// <summary>
/// Finds out that the requests of a transfer hang on connections that are dead: 1. nothing has moved on any of them for some time; 2. over
/// a new connection the service answers, and has nothing of them either; 3. then they are given up, and go on over new connections. If the
/// service does not answer, the network itself is away, and waiting costs nothing.
/// </summary>
/// <param name="quiet">The time of silence after which to ask; null means never.</param>
/// <param name="isDeaf">Asks over a connection whether nothing of the running requests has arrived for that time.</param>
internal sealed class SilenceWatch(
    ServiceCalls calls, TimeProvider time, Func<TimeSpan?> quiet,
    Func<HttpMessageInvoker, TimeSpan, StallGuard, Task<bool>> isDeaf) : IAsyncDisposable
{
    private const int MostDoublings = 6;

    // A question may meet the next silence itself.
    private const int Patience = 3;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _dead = new();
    private Task _watching = Task.CompletedTask;
    private long _movedAt = time.GetTimestamp();
    private int _running;
    private int _inVain;

    public void Start()
    {
        if (calls.Own is { } own)
            _watching = Task.Run(() => WatchAsync(own, _stop.Token), CancellationToken.None);
    }

    /// <summary>A request begins.</summary>
    /// <returns>Ends when it is to be given up.</returns>
    public CancellationToken Begin()
    {
        _ = Interlocked.Increment(ref _running);
        Volatile.Write(ref _movedAt, time.GetTimestamp());
        return Volatile.Read(ref _dead).Token;
    }

    public void Moved()
    {
        Volatile.Write(ref _movedAt, time.GetTimestamp());
        Volatile.Write(ref _inVain, 0);
    }

    public void End() => Interlocked.Decrement(ref _running);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _dead.Dispose();
    }

    private async Task WatchAsync(Connections own, CancellationToken stop)
    {
        while (true)
        {
            // 1. Nothing has moved on any of them for some time.
            var limit = quiet() * (1 << Math.Min(Volatile.Read(ref _inVain), MostDoublings));
            if (limit is null || Volatile.Read(ref _running) == 0)
            {
                await Task.Delay(limit ?? Idle, time, stop);
                continue;
            }

            var wait = limit.Value - time.GetElapsedTime(Volatile.Read(ref _movedAt));
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait > Shortest ? wait : Shortest, time, stop);
                continue;
            }

            // 2. Over a new connection the service answers, and has nothing of them either.
            var asked = time.GetTimestamp();
            var others = own.Create();
            if (await IsDeadAsync(others, limit.Value, stop) && Volatile.Read(ref _movedAt) < asked)
            {
                // 3. Then they are given up, and go on over new connections.
                _ = Interlocked.Increment(ref _inVain);
                own.GoOver(others);
                Volatile.Write(ref _movedAt, time.GetTimestamp());
                await Interlocked.Exchange(ref _dead, new CancellationTokenSource()).CancelAsync();
                continue;
            }

            others.Dispose();
            await Task.Delay(limit.Value, time, stop);
        }
    }

    private async Task<bool> IsDeadAsync(HttpMessageInvoker others, TimeSpan limit, CancellationToken stop)
    {
        var patience = limit * Patience;
        using var guard = new StallGuard(time, patience > LeastPatience ? patience : LeastPatience, stop);
        try
        {
            return await isDeaf(others, limit, guard);
        }
        catch (TransferException)
        {
            return false;
        }
    }
}
