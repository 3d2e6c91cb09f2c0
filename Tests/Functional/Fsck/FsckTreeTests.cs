using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;

namespace ChunkUpload.Tests.Functional.Fsck;

/// <summary>fsck's findings in the trees, each provoked by one inconsistency.</summary>
public sealed class FsckTreeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private MaintenanceRig _rig = null!;
    private EntryId _space;
    private Entry _folder = null!;
    private Entry _inner = null!;
    private Entry _file = null!;

    public async Task InitializeAsync()
    {
        _rig = await MaintenanceRig.OpenAsync(postgres);
        _space = await _rig.Tree.SharedSpaceAsync(TestSession.Me.Tenant, CancellationToken.None);
        _folder = await MakeAsync("a", "b");
        _inner = await MakeAsync("a", "b", "c");
        _file = await PlaceAsync("a", "b", "c", "film.mp4");
        // A removed folder that is freed in part is no finding.
        var gone = await PlaceAsync("gone", "film.mp4");
        TestSession.Expect(await _rig.Tree.RemoveAsync(_space, gone.Parent!.Value, null, "me", CancellationToken.None));
        await _rig.Tree.EmptyAsync(_space, null, 500, CancellationToken.None);
        await _rig.Tree.PurgeAsync(500, TimeSpan.FromDays(7), CancellationToken.None);
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Finds_nothing_where_nothing_is_wrong()
    {
        var report = await RunAsync();
        Assert.Equal((true, 6L, 2L), (report.Clean, report.Entries, report.Versions));
    }

    [Theory]
    [InlineData("delete from entries where name = 'b'", FindingCodes.EntryOrphan, FindingCodes.SpaceDiffers)]
    [InlineData("update entries set kind = 'link' where name = 'b'", FindingCodes.EntryOrphan)]
    [InlineData("update entries set size = 7 where name = 'film.mp4' and not purging and removed_at is null", FindingCodes.EntryContent)]
    [InlineData("update entry_versions set number = 2", FindingCodes.EntryContent)]
    [InlineData(
        "update entry_versions set upload = gen_random_uuid() where entry = @File", FindingCodes.VersionUpload, FindingCodes.UploadUnnamed)]
    [InlineData("update uploads set state = 'deleted', has_content = true", FindingCodes.VersionUpload, FindingCodes.UsageDiffers)]
    [InlineData("delete from entries where id = @File", FindingCodes.VersionUnused, FindingCodes.SpaceDiffers)]
    [InlineData("update spaces set bytes = bytes + 1", FindingCodes.SpaceDiffers)]
    [InlineData("update spaces set entries = entries - 1", FindingCodes.SpaceDiffers)]
    [InlineData("update spaces set earlier_bytes = earlier_bytes + 1", FindingCodes.SpaceDiffers)]
    public async Task Finds_what_is_wrong(string sql, params string[] codes)
    {
        await _rig.SqlAsync(sql, new { File = _file.Id.Value });
        Assert.Equal(codes.Order(), (await RunAsync()).Findings.Select(finding => finding.Code).Distinct().Order());
    }

    [Fact]
    public async Task Finds_a_cycle_and_ends()
    {
        await _rig.SqlAsync(
            "update entries set parent = @Inner where id = @Folder", new { Inner = _inner.Id.Value, Folder = _folder.Id.Value });
        var findings = (await RunAsync()).Findings;
        Assert.Equal([FindingCodes.EntryCycle, FindingCodes.EntryCycle], findings.Select(finding => finding.Code));
        Assert.Contains(findings, finding => finding.Sentence.Contains($"{_inner.Id} \"c\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Counters_are_counted_again_where_that_is_asked_for()
    {
        await _rig.SqlAsync("update spaces set bytes = bytes + 1, entries = 0");
        Assert.Equal((0, 1), (await CountsAsync(mend: false)));
        Assert.Equal((1, 0), (await CountsAsync(mend: true)));
        Assert.Equal((0, 0), (await CountsAsync(mend: true)));

        async Task<(long Recounted, long Findings)> CountsAsync(bool mend)
        {
            var report = await RunAsync(mend);
            return (report.Recounted, report.Total);
        }
    }

    private async Task<Entry> MakeAsync(params string[] path) => TestSession.Expect(await _rig.Tree.MakeAsync(
        EntryId.New(), new NewEntry(new Place(_space, _space, path), NameConflict.Replace, null, null, null, "me"),
            CancellationToken.None));

    private async Task<Entry> PlaceAsync(params string[] path)
    {
        var (upload, _) = await _rig.FinishedAsync(1);
        return TestSession.Expect(await _rig.Tree.PlaceUploadAsync(
            TestSession.Me, EntryId.New(), upload, PlacedUpload.Unfiled,
            new FileTarget(new Place(_space, _space, path), NameConflict.Fail), CancellationToken.None));
    }

    private Task<FsckReport> RunAsync(bool mend = false) =>
        new FsckRun(_rig.FsckLedger, _rig.Ledger, _rig.Ledger, _rig.Stores, _rig.Hashes, TimeProvider.System)
            .RunAsync(deep: false, mend, serviceRuns: true, new SilentProgress(), CancellationToken.None);
}
