using ChunkUpload.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Bytes a second of the client.</summary>
public sealed class BandwidthLimitTests
{
    private const int Piece = 64 << 10;

    private readonly ManualTime _time = new();
    private readonly BandwidthLimit _limit;

    public BandwidthLimitTests() => _limit = new BandwidthLimit(_time);

    [Fact]
    public async Task Without_a_rate_nothing_waits()
    {
        for (var times = 0; times < 1000; times++)
            await _limit.TakeAsync(Piece, null, CancellationToken.None);
    }

    [Fact]
    public async Task No_more_passes_than_the_rate_allows()
    {
        _limit.BytesPerSecond = 1 << 20;
        var began = _time.GetTimestamp();
        var all = Task.Run(async () =>
        {
            for (var times = 0; times < 64; times++)
                await _limit.TakeAsync(Piece, null, CancellationToken.None);
        });
        while (!all.IsCompleted)
            await Task.WhenAny(all, _time.PassNextAsync());
        await all;
        // 4 MiB, of which the first piece and what is saved up are free.
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, 3.5, 4.5);
    }

    [Fact]
    public async Task A_new_rate_holds_for_those_who_wait_and_they_go_in_their_order()
    {
        _limit.BytesPerSecond = BandwidthLimit.Least;
        await _limit.TakeAsync(1 << 20, null, CancellationToken.None);
        var (order, alive) = (new List<int>(), 0);
        var first = TakeAsync(1);
        var second = TakeAsync(2);
        await _time.WaitForTimerAsync(TimeSpan.FromMilliseconds(250));
        Assert.False(first.IsCompleted);
        _limit.BytesPerSecond = null;
        while (!second.IsCompleted)
            await Task.WhenAny(second, _time.PassNextAsync());
        await Task.WhenAll(first, second);
        Assert.Equal([1, 2], order);
        Assert.True(alive > 0);

        async Task TakeAsync(int number)
        {
            await _limit.TakeAsync(Piece, () => Interlocked.Increment(ref alive), CancellationToken.None);
            lock (order)
                order.Add(number);
        }
    }

    [Fact]
    public async Task One_that_is_cancelled_holds_nobody_up()
    {
        _limit.BytesPerSecond = BandwidthLimit.Least;
        await _limit.TakeAsync(1 << 20, null, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var first = _limit.TakeAsync(Piece, null, stop.Token).AsTask();
        var second = _limit.TakeAsync(Piece, null, CancellationToken.None).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _limit.BytesPerSecond = null;
        while (!second.IsCompleted)
            await Task.WhenAny(second, _time.PassNextAsync());
        await second;
    }

    [Fact]
    public void A_slow_rate_goes_in_small_pieces()
    {
        Assert.Equal(Piece, BandwidthLimit.Piece([], Piece));
        Assert.Equal(Piece, BandwidthLimit.Piece([_limit], Piece));
        _limit.BytesPerSecond = BandwidthLimit.Least;
        Assert.Equal(BandwidthLimit.Least / 2, BandwidthLimit.Piece([new BandwidthLimit(), _limit], Piece));
        Assert.Throws<ArgumentOutOfRangeException>(() => _limit.BytesPerSecond = BandwidthLimit.Least - 1);
    }
}
