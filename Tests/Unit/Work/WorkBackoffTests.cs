using ChunkUpload.Core.Work;

namespace ChunkUpload.Tests.Unit.Work;

public sealed class WorkBackoffTests
{
    private static readonly WorkBackoff Backoff = new(TimeSpan.FromSeconds(10), TimeSpan.FromHours(2));

    [Fact]
    public void Limits_double_up_to_the_longest_pause()
    {
        for (var failures = 1; failures <= 100; failures++)
            Assert.Equal(Math.Min(10 * Math.Pow(2, failures - 1), 7200), Backoff.LimitAfter(failures).TotalSeconds);
        Assert.Equal(TimeSpan.MaxValue, new WorkBackoff(TimeSpan.FromDays(1), TimeSpan.MaxValue).LimitAfter(60));
    }

    [Fact]
    public void Pauses_are_spread_over_everything_below_their_limit()
    {
        var pauses = Enumerable.Range(0, 1000).Select(_ => Backoff.PauseAfter(4) / Backoff.LimitAfter(4)).ToList();
        Assert.All(pauses, pause => Assert.InRange(pause, 0, 1));
        Assert.All(Enumerable.Range(0, 10), tenth => Assert.Contains(pauses, pause => pause >= tenth / 10.0 && pause < (tenth + 1) / 10.0));
    }
}
