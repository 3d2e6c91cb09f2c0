namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>
/// Random changes on both sides, with kills between any two records, lost answers, and edits between the scan and the step. The sides must
/// converge, nothing may be lost, and conflicts must be exactly where a plain model of one path at a time has them.
/// </summary>
/// <remarks>CHUNKUPLOAD_SYNC_SEQUENCES sets the number of sequences.</remarks>
public sealed class SyncModelTests
{
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_SYNC_SEQUENCES"), out var number) ? number : 200;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sides_converge_and_nothing_is_lost(bool hasIdentities)
    {
        var conflicts = 0;
        for (var seed = 0; seed < Sequences; seed++)
        {
            var run = new SyncModelRun(seed, hasIdentities);
            for (var round = 0; round < 6; round++)
                run.Round();
            run.Settle();
            conflicts += run.Conflicts;
        }

        Assert.True(conflicts > Sequences / 4, $"The sequences had only {conflicts} conflicts.");
    }

    [Fact]
    public void One_way_makes_the_right_side_like_the_left_and_leaves_alone_what_only_the_right_has()
    {
        for (var seed = 0; seed < Sequences; seed++)
        {
            var run = new SyncModelRun(seed, hasIdentities: seed % 2 == 0);
            for (var round = 0; round < 6; round++)
                run.OneWayRound();
        }
    }
}
