using ChunkUpload.Api.Cli;
using ChunkUpload.Core.Fsck;

namespace ChunkUpload.Tests.Unit.Fsck;

public sealed class FsckVerbTests
{
    [Fact]
    public void Says_clean_last_when_nothing_was_found()
    {
        var text = FsckVerb.Text(Report([]));
        Assert.EndsWith($"--deep also reads every byte.{Environment.NewLine}Clean.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_each_finding_with_what_to_do()
    {
        var text = FsckVerb.Text(
            Report([new Finding("extent-file-missing", "ab", "film.mp4", "chunk/1-ff", "Bytes 0-9 are gone.", "Bring it back.")]));
        Assert.Equal(
            [
                "extent-file-missing: upload ab \"film.mp4\" file chunk/1-ff", "    Bytes 0-9 are gone.", "    What to do: Bring it back.",
                "Looked at 1 uploads, 0 entries, 2 extents, 3 kept parts and 4 files in 1.5 s; --deep also reads every byte.", "1 finding.",
            ],
            text.Split(Environment.NewLine));
    }

    [Fact]
    public void A_hostile_name_stays_in_its_line()
    {
        var text = FsckVerb.Text(Report([new Finding("orphan-file", "ab", "a\nClean.\u001b[2J\u009b\u202e", null, "S.", "R.")]));
        Assert.StartsWith(@"orphan-file: upload ab ""a\u000aClean.\u001b[2J\u009b\u202e""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_findings_that_are_not_listed()
    {
        var text = FsckVerb.Text(Report([new Finding("orphan-file", null, null, "chunk/1-ff", "S.", "R.")]) with { Total = 12 });
        Assert.Contains("... and 11 more.", text, StringComparison.Ordinal);
        Assert.EndsWith("12 findings.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "running service")]
    [InlineData(false, "its next start takes care of them")]
    public void Explains_files_that_are_not_settled(bool serviceRuns, string words) =>
        Assert.Contains(words, FsckVerb.Text(Report([]) with { Unsettled = 5, ServiceRuns = serviceRuns }), StringComparison.Ordinal);

    [Fact]
    public void Tells_what_was_mended()
    {
        var text = FsckVerb.Text(Report([]) with { Mended = 2, Recounted = 1 });
        Assert.Contains("2 uploads are whole again", text, StringComparison.Ordinal);
        Assert.Contains("The counters of 1 space were set right.", text, StringComparison.Ordinal);
    }

    private static FsckReport Report(IReadOnlyList<Finding> findings) =>
        new(findings.Count == 0, false, false, findings, findings.Count, 1, 2, 3, 4, 0, 0, 0, 0, 1.5);
}
