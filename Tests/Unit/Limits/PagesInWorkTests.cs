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
        var taken = Enumerable.Range(0, 4).Select(_ => work.TryTake("ann", "one", Page)).ToList();
        Assert.All(taken, Assert.NotNull);
        Assert.Null(work.TryTake("ann", "one", Page));
        Assert.NotNull(work.TryTake("ann", "one", ILongAnswers.Short - 1));
        Assert.NotNull(work.TryTake("bob", "one", Page));
        taken[0]!.Dispose();
        taken[0]!.Dispose();
        Assert.NotNull(work.TryTake("ann", "one", Page));
        Assert.Null(work.TryTake("ann", "one", Page));
    }

    [Fact]
    public void Callers_of_one_tenant_leave_room_for_other_tenants()
    {
        var work = new PagesInWork();
        var taken = Enumerable.Range(0, 8).Select(number => work.TryTake($"{number}", "greedy", Page)).ToList();
        Assert.All(taken, Assert.NotNull);
        Assert.Null(work.TryTake("one more", "greedy", Page));
        Assert.NotNull(work.TryTake("ann", "modest", Page));
        taken[0]!.Dispose();
        Assert.NotNull(work.TryTake("one more", "greedy", Page));
    }

    [Fact]
    public void All_callers_together_have_no_more_than_the_service_has()
    {
        var work = new PagesInWork();
        var taken = Enumerable.Range(0, 16).Select(number => work.TryTake($"{number}", $"tenant {number}", Page)).ToList();
        Assert.All(taken, Assert.NotNull);
        Assert.Null(work.TryTake("one more", "one more", Page));
        taken.ForEach(room => room!.Dispose());
        // One answer is sent whatever its length.
        using var longest = work.TryTake("one more", "one more", 2 * PagesInWork.MostOfAll);
        Assert.NotNull(longest);
        Assert.Null(work.TryTake("another", "another", Page));
    }
}
