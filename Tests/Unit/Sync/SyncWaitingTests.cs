using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>Files in use wait, and so do new ones without content.</summary>
public sealed class SyncWaitingTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("~$report.docx", "report.docx", true)]
    [InlineData("~$port.docx", "report.docx", true)]
    [InlineData("~$eport.docx", "report.docx", true)]
    [InlineData("~$ort.docx", "report.docx", false)]
    [InlineData(".~lock.report.odt#", "report.odt", true)]
    [InlineData(".~lock.report.odt", "report.odt", false)]
    [InlineData("~$", "report.docx", false)]
    [InlineData("other/~$report.docx", "report.docx", false)]
    [InlineData("in/~$port.docx", "in/report.docx", true)]
    public void A_document_waits_for_its_owner_file(string owner, string document, bool waits)
    {
        Dictionary<string, SyncEntry> side = new() { [owner] = File(1) with { LeftOut = "It is left out." }, [document] = File(1) };
        Assert.Equal(waits, SyncWaiting.Find(NoBase, side, NoEntries, Now).Contains(document));
        Assert.Equal(waits, SyncWaiting.Find(NoBase, NoEntries, side, Now).Contains(document));
    }

    [Theory]
    [InlineData(0, 59, true)]
    [InlineData(0, 60, false)]
    [InlineData(0, -5, false)]
    [InlineData(1, 1, false)]
    public void A_new_empty_file_waits_a_minute(int size, int age, bool waits)
    {
        Dictionary<string, SyncEntry> side = new() { ["a"] = File(size) with { Modified = Now - TimeSpan.FromSeconds(age) } };
        Assert.Equal(waits, SyncWaiting.Find(NoBase, side, NoEntries, Now).Contains("a"));
        Assert.Empty(SyncWaiting.Find(new Dictionary<string, SyncBase> { ["a"] = new(File(0), File(0)) }, side, NoEntries, Now));
    }

    [Fact]
    public void Nothing_happens_to_what_waits_and_its_folder_stays()
    {
        var folder = new SyncEntry("f", true);
        Dictionary<string, SyncBase> bases = new() { ["f"] = new(folder, folder), ["f/a"] = new(File(1), File(1)) };
        Dictionary<string, SyncEntry> right = new() { ["f"] = folder, ["f/a"] = File(1) };
        Assert.Equal(2, SyncRules.Plan(SyncWay.Both, bases, NoEntries, right).Actions.Count);
        var plan = SyncRules.Plan(SyncWay.Both, bases, NoEntries, right, null, new HashSet<string> { "f/a" });
        Assert.DoesNotContain(plan.Actions, action => action.Kind == SyncActionKind.Remove);
        Assert.Equal(["f/a"], plan.Waiting);
        // What is as it was does not count as waiting.
        Dictionary<string, SyncEntry> left = new() { ["f"] = folder, ["f/a"] = File(1) };
        Assert.Empty(SyncRules.Plan(SyncWay.Both, bases, left, right, null, new HashSet<string> { "f/a" }).Waiting);
    }

    [Fact]
    public void What_moved_and_waits_is_not_removed_meanwhile()
    {
        Dictionary<string, SyncBase> bases = new() { ["old"] = new(File(1), File(1)) };
        Dictionary<string, SyncEntry> right = new() { ["old"] = File(1) };
        Dictionary<string, SyncEntry> left = new() { ["new"] = File(1) };
        Assert.Equal(SyncActionKind.Move, Assert.Single(SyncRules.Plan(SyncWay.Both, bases, left, right).Actions).Kind);
        var plan = SyncRules.Plan(SyncWay.Both, bases, left, right, null, new HashSet<string> { "new" });
        Assert.Empty(plan.Actions);
        Assert.Equal(["new"], plan.Waiting);
    }

    private static Dictionary<string, SyncBase> NoBase => [];

    private static Dictionary<string, SyncEntry> NoEntries => [];

    private static SyncEntry File(int size) => new("id", false) { Identity = "id", Version = "1", Size = size };
}
