using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;

namespace ChunkUpload.Tests.Functional.Fsck;

/// <summary>fsck's findings in the counters of links, and their repair.</summary>
public sealed class FsckLinkTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly Guid Link = Guid.NewGuid();
    private MaintenanceRig _rig = null!;

    /// <summary>A link with an unfinished upload, a part, and two downloads of one client, the second an hour later.</summary>
    public async Task InitializeAsync()
    {
        _rig = await MaintenanceRig.OpenAsync(postgres);
        await _rig.SqlAsync(
            """
            insert into links (id, token, kind, tenant, title, made_by, expires_at, max_size, max_downloads)
            values (@Link, sha256('x'), 'upload', 'default', 'for you', 'operator', now() + interval '1 day', 5000, 9)
            """, new { Link });
        await CreateAsync(1000, isPart: false);
        await CreateAsync(300, isPart: true);
        await _rig.SqlAsync("select count_download(@Link, @Link, 'me')", new { Link });
        await _rig.SqlAsync("update link_downloads set counted_at = now() - interval '2 hours'");
        await _rig.SqlAsync("select count_download(@Link, @Link, 'me')", new { Link });
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Downloads_that_no_longer_decide_become_one_row_of_their_link()
    {
        await _rig.SqlAsync("select count_download(@Link, @Link, 'you')", new { Link });
        foreach (var _ in new[] { 1, 2 })
        {
            await _rig.SqlAsync("update link_downloads set counted_at = now() - interval '2 hours' where counted_at < 'infinity'");
            await _rig.SqlAsync("select trim_history(@Id, interval '1 day', 100)", new { _rig.Incarnation.Id });
        }

        Assert.Empty((await RunAsync(mend: false)).Findings);
        Assert.Equal(1, await _rig.SqlAsync("delete from link_downloads"));
    }

    [Fact]
    public async Task Finds_nothing_where_nothing_is_wrong() => Assert.Empty((await RunAsync(mend: false)).Findings);

    [Theory]
    [InlineData("update links set files = files + 1")]
    [InlineData("update links set parts = 0")]
    [InlineData("update links set bytes = bytes - 1")]
    [InlineData("update links set downloads = downloads - 1")]
    [InlineData("update link_uploads set bytes = bytes + 1")]
    [InlineData("delete from link_uploads where is_part")]
    [InlineData("delete from link_uploads")]
    [InlineData("delete from link_downloads")]
    [InlineData("update uploads set state = 'cancelled' where is_part")]
    public async Task Finds_what_is_wrong_and_sets_it_right(string sql)
    {
        await _rig.SqlAsync(sql);
        var found = await RunAsync(mend: false);
        var finding = Assert.Single(found.Findings, finding => finding.Code == FindingCodes.LinkDiffers);
        Assert.Contains($"{Link:n} \"for you\"", finding.Sentence, StringComparison.Ordinal);
        Assert.Equal(0, found.LinksRecounted);
        var mended = await RunAsync(mend: true);
        Assert.Equal((1, 0), (mended.LinksRecounted, mended.Total));
        Assert.Equal(0, (await RunAsync(mend: true)).LinksRecounted);
    }

    private async Task CreateAsync(long size, bool isPart)
    {
        var created = await _rig.Ledger.CreateAsync(
            new NewUpload(
                UploadId.New(), new Caller(Caller.DefaultTenant, ShareLink.SubjectOf(Link)), UploadProtocol.Tus, "film.mp4", "video/mp4",
                new Dictionary<string, string>(), size, null, TimeSpan.FromHours(24), null, null)
            { IsPart = isPart },
            CancellationToken.None);
        Assert.NotNull(created.Value);
    }

    private Task<FsckReport> RunAsync(bool mend) =>
        new FsckRun(_rig.FsckLedger, _rig.Ledger, _rig.Ledger, _rig.Stores, _rig.Hashes, TimeProvider.System)
            .RunAsync(deep: false, mend, serviceRuns: true, new SilentProgress(), CancellationToken.None);
}
