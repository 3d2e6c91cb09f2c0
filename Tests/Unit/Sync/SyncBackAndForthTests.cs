using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>Files that go back and forth are asked about.</summary>
public sealed class SyncBackAndForthTests
{
    private static readonly HashSet<string> Restless = ["a"];

    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(2, 9, false)]
    [InlineData(9, 2, false)]
    public void Three_times_each_way_is_too_often(int toLeft, int toRight, bool stops)
    {
        var steps = Enumerable.Repeat(("a", SyncSide.Left), toLeft).Concat(Enumerable.Repeat(("a", SyncSide.Right), toRight));
        Assert.Equal(stops, SyncBackAndForth.Find([.. steps, ("b", SyncSide.Left)]).Contains("a"));
    }

    [Theory]
    [InlineData("new", "old", SyncActionKind.Copy)]
    [InlineData("old", "new", SyncActionKind.Copy)]
    [InlineData("old", null, SyncActionKind.Remove)]
    [InlineData(null, "old", SyncActionKind.Remove)]
    [InlineData(null, "new", SyncActionKind.Copy)]
    public void Such_a_file_does_not_go_on_until_a_person_decides(string? left, string? right, SyncActionKind kind)
    {
        Assert.Equal(kind, Assert.Single(Plan(left, right, null).Actions).Kind);
        var plan = Plan(left, right, Restless);
        Assert.Empty(plan.Actions);
        Assert.Equal(SyncConflictKind.BackAndForth, Assert.Single(plan.Conflicts).Kind);
        Assert.Null(Assert.Single(SyncQuestions.DecisionsOf(plan.Conflicts, Answers(null), SyncConflictRule.Left)).Answer);
    }

    [Theory]
    [InlineData("new", null, SyncAnswer.Apply, SyncSide.Right, false)]
    [InlineData("new", null, SyncAnswer.Both, SyncSide.Right, false)]
    [InlineData("new", null, SyncAnswer.Right, SyncSide.Left, true)]
    [InlineData(null, "new", SyncAnswer.Apply, SyncSide.Right, true)]
    [InlineData(null, "new", SyncAnswer.Both, SyncSide.Left, false)]
    [InlineData(null, "new", SyncAnswer.Right, SyncSide.Left, false)]
    [InlineData("new", "newer", SyncAnswer.Apply, SyncSide.Right, false)]
    public void The_answer_says_which_side_counts(string? left, string? right, SyncAnswer answer, SyncSide at, bool removes)
    {
        var decided = Carried(Plan(left, right, Restless), left, right, answer);
        Assert.Equal(at, Assert.Single(removes ? decided.Removals : decided.Copies).At);
        Assert.Empty(removes ? decided.Copies : decided.Removals);
        Assert.Empty(decided.Gone);
    }

    [Theory]
    [InlineData("new", "newer")]
    [InlineData("new", null)]
    [InlineData(null, "new")]
    public void What_is_left_as_it_is_is_not_asked_about_again(string? left, string? right)
    {
        var decided = Carried(Plan(left, right, Restless), left, right, SyncAnswer.Leave);
        var after = SyncRules.Plan(SyncWay.Both, decided.Agreed, Side(left), Side(right), Restless);
        Assert.Empty(after.Conflicts);
        Assert.Empty(after.Actions);
        // Unless it changes once more; later without a question.
        var changed = left is null ? Side("newest") : Side(right);
        Assert.NotEmpty(SyncRules.Plan(SyncWay.Both, decided.Agreed, Side(left is null ? null : "newest"), changed).Actions
            .Select(action => action.Path).Concat(
                SyncRules.Plan(SyncWay.Both, decided.Agreed, Side(left is null ? null : "newest"), changed).Conflicts
                    .Select(conflict => conflict.Path)));
    }

    private static SyncDecided Carried(SyncPlan plan, string? left, string? right, SyncAnswer answer)
    {
        var open = Assert.Single(SyncQuestions.DecisionsOf(plan.Conflicts, Answers(null), SyncConflictRule.Ask));
        var decisions = SyncQuestions.DecisionsOf(plan.Conflicts, Answers((open.Digest, answer)), SyncConflictRule.Ask);
        return SyncQuestions.Carry(Base, Side(left), Side(right), decisions, DateTimeOffset.UnixEpoch);
    }

    private static SyncPlan Plan(string? left, string? right, IReadOnlySet<string>? restless) =>
        SyncRules.Plan(SyncWay.Both, Base, Side(left), Side(right), restless);

    private static Dictionary<string, SyncBase> Base => new() { ["a"] = new SyncBase(File("old"), File("old")) };

    private static Dictionary<string, (string Digest, SyncAnswer Answer)> Answers((string Digest, SyncAnswer Answer)? one) =>
        one is { } known ? new() { ["a"] = known } : [];

    private static Dictionary<string, SyncEntry> Side(string? version) => version is null ? [] : new() { ["a"] = File(version) };

    private static SyncEntry File(string version) => new("id", false)
    {
        Version = version,
        Size = version.Length,
        Digests = new Dictionary<string, string> { [SyncEntry.ReadDigest] = version },
    };
}
