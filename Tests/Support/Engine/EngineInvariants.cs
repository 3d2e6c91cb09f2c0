using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>What must hold at every moment, also right after a crash: the ledger agrees with the disk and with itself.</summary>
internal static class EngineInvariants
{
    private const string Extents = """
        select p.upload_id as Upload, p.start as Start, p.length as Length, p.file_offset as FileOffset, p.sha256 as Sha256,
               f.id as FileId, f.store as Store, f.kind as Kind, f.incarnation as Incarnation, f.tombstone_at is not null as Dead
        from extents p left join stored_files f on f.id = p.file_id
        """;

    private const string Prefixes = """
        select x.upload_id as Upload, x.start as Start, x.kept as Length, 0::bigint as FileOffset, x.kept_sha256 as Sha256,
               f.id as FileId, f.store as Store, f.kind as Kind, f.incarnation as Incarnation, f.tombstone_at is not null as Dead
        from prefixes x left join stored_files f on f.id = x.file_id
        """;

    /// <summary>Uploads whose sums differ from those of their extents.</summary>
    private const string Sums = """
        select u.id from uploads u
        left join lateral (
            select coalesce(sum(length), 0) as bytes, coalesce(sum(length) filter (where placed), 0) as placed, count(*) as count
            from extents p where p.upload_id = u.id) s on true
        left join lateral (select coalesce(sum(hi - lo), 0) as bytes from received_ranges r where r.upload_id = u.id) r on true
        where u.has_content
          and (u.received_bytes <> s.bytes or u.placed_bytes <> s.placed
              or (u.protocol = 'session' and (u.chunk_count <> s.count or r.bytes <> s.bytes)))
        """;

    /// <summary>Adjacent received ranges that should be one.</summary>
    private const string Runs = """
        select count(*) from received_ranges a join received_ranges b on a.upload_id = b.upload_id and a.lo < b.lo and a.hi >= b.lo
        """;

    /// <summary>Live files to which nothing refers.</summary>
    private const string Unnamed = """
        select count(*) from stored_files f
        where f.tombstone_at is null
          and not exists (select from extents p where p.file_id = f.id)
          and not exists (select from prefixes x where x.file_id = f.id)
          and not exists (select from assemblies a where a.file_id = f.id)
        """;

    /// <summary>The bytes of every row exist and are right (E3, E19).</summary>
    /// <param name="others">The other engines on its ledger.</param>
    public static async Task AssertTrueAsync(EngineRig rig, params EngineRig[] others)
    {
        EngineRig[] rigs = [rig, .. others];
        await using var connection = await rig.ConnectAsync();
        foreach (var row in await connection.QueryAsync<Row>($"{Extents} union all {Prefixes}"))
        {
            Assert.NotNull(row.FileId);
            Assert.False(row.Dead, "A tombstone is still named.");
            var file = new StoredFile(row.Store, (StoredFileKind)row.Kind, row.Incarnation, row.FileId.Value);
            var (digest, length) = await rigs.Single(one => one.Store.Id == file.Store).Store.HashFromDeviceAsync(
                file, row.FileOffset, row.Length, CancellationToken.None);
            Assert.Equal(row.Length, length);
            if (row.Sha256 is not null)
                Assert.Equal(new Sha256Digest(row.Sha256), digest);
        }

        Assert.Empty(await connection.QueryAsync<Guid>(Sums));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(Runs));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>(Unnamed));
        // The quota counters equal the sums of the uploads.
        Assert.Empty(await connection.QueryAsync("select * from usage_faults()"));
        Assert.Empty(await connection.QueryAsync("select * from link_faults()"));
    }

    /// <summary>
    /// Every file on the disk is named by a row, or its incarnation has ended so that sweep-orphans removes it (E1, E10).
    /// </summary>
    public static async Task AssertNothingLeakedAsync(EngineRig rig)
    {
        var files = rig.Store.Enumerate(CancellationToken.None).ToHashSet();
        var named = await NamedAsync(rig);
        var orphans = await rig.Ledger.OrphansAmongAsync(files, CancellationToken.None);
        Assert.Empty(files.Except(named).Except(orphans));
    }

    /// <summary>The disk holds exactly the files that the ledger names.</summary>
    public static async Task AssertCleanAsync(EngineRig rig, params EngineRig[] others)
    {
        EngineRig[] rigs = [rig, .. others];
        await AssertTrueAsync(rig, others);
        var named = await NamedAsync(rig, alive: true);
        Assert.Equal(named.Order(), rigs.SelectMany(one => one.Store.Enumerate(CancellationToken.None)).Order());
    }

    /// <summary>Runs the sweep-orphans job.</summary>
    public static Task<JobReport> SweepAsync(EngineRig rig) =>
        new SweepOrphans(
            rig.Ledger, rig.Get<IChunkStore>(), rig.Remover,
            new SharedSweep(rig.Ledger, rig.Get<Stores>(), Options.Create(new JobsOptions()), NullLogger<SweepOrphans>.Instance),
            rig.Get<Incarnation>(), Options.Create(rig.Get<StorageOptions>()), Options.Create(new JobsOptions()),
            NullLogger<SweepOrphans>.Instance)
            .RunAsync(new SilentProgress(), CancellationToken.None);

    public static IReadOnlyList<StoredFile> FilesOf(EngineRig rig, StoredFileKind kind) =>
        [.. rig.Store.Enumerate(CancellationToken.None).Where(file => file.Kind == kind)];

    private static async Task<HashSet<StoredFile>> NamedAsync(EngineRig rig, bool alive = false)
    {
        await using var connection = await rig.ConnectAsync();
        var rows = await connection.QueryAsync<(Guid Store, short Kind, long Incarnation, Guid Id)>(
            "select store, kind, incarnation, id from stored_files" + (alive ? " where tombstone_at is null" : ""));
        return [.. rows.Select(row => new StoredFile(row.Store, (StoredFileKind)row.Kind, row.Incarnation, row.Id))];
    }

    private static IOrderedEnumerable<StoredFile> Order(this IEnumerable<StoredFile> files) => files.OrderBy(file => file.Unique);

    private sealed class Row
    {
        public Guid Upload { get; set; }
        public long Start { get; set; }
        public long Length { get; set; }
        public long FileOffset { get; set; }
        public byte[]? Sha256 { get; set; }
        public Guid? FileId { get; set; }
        public Guid Store { get; set; }
        public short Kind { get; set; }
        public long Incarnation { get; set; }
        public bool Dead { get; set; }
    }
}
