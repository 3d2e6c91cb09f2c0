using ChunkUpload.Api.Limits;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>Pages that were asked for and are not read.</summary>
public sealed class PagesInWorkTests
{
    private const long Page = 4 << 20;

    [Fact]
    public void A_caller_has_a_few_long_pages_at_once_and_others_are_served()
    {
        var work = new PagesInWork();
        var taken = Enumerable.Range(0, 4).Select(_ => work.TryTake("ann", Page)).ToList();
        Assert.All(taken, Assert.NotNull);
        Assert.Null(work.TryTake("ann", Page));
        Assert.NotNull(work.TryTake("ann", ILongAnswers.Short - 1));
        Assert.NotNull(work.TryTake("bob", Page));
        taken[0]!.Dispose();
        taken[0]!.Dispose();
        Assert.NotNull(work.TryTake("ann", Page));
        Assert.Null(work.TryTake("ann", Page));
    }

    [Fact]
    public void All_callers_together_have_no_more_than_the_service_has()
    {
        var work = new PagesInWork();
        var taken = Enumerable.Range(0, 16).Select(number => work.TryTake($"{number}", Page)).ToList();
        Assert.All(taken, Assert.NotNull);
        Assert.Null(work.TryTake("one more", Page));
        taken.ForEach(room => room!.Dispose());
        // One answer is sent whatever its length.
        using var longest = work.TryTake("one more", 2 * PagesInWork.MostOfAll);
        Assert.NotNull(longest);
        Assert.Null(work.TryTake("another", Page));
    }
}
