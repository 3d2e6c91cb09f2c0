using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// The base of tests with two engines on one ledger, A and B, each with a data directory, an incarnation and a clock of its own. Each opens
/// the other's folder as a store that can only be read.
/// </summary>
public abstract class TwoEngineTests(PostgresFixture postgres) : EngineTests(postgres)
{
    protected const int Part = 10_000;

    protected static readonly CancellationToken None = CancellationToken.None;

    /// <param name="asks">Whether the engines can ask each other to stop writers.</param>
    internal async Task<Pair> StartTwoAsync(bool asks = true, EngineSetup? setup = null)
    {
        setup ??= new EngineSetup();
        var a = await StartAsync(setup with { Alone = false });
        var b = Keep(await EngineRig.StartBesideAsync(a, setup));
        var pair = new Pair(a, b, a.Learn(b), b.Learn(a));
        if (!asks)
        {
            a.Get<OtherNodes>().Remove(b.Incarnation);
            b.Get<OtherNodes>().Remove(a.Incarnation);
        }

        return pair;
    }

    /// <summary>Unlinks at each node what the ledger has released, and compares both disks with the ledger.</summary>
    internal static async Task AssertCleanAsync(Pair pair)
    {
        await pair.A.Remover.RemoveReleasedAsync(None);
        await pair.B.Remover.RemoveReleasedAsync(None);
        await EngineInvariants.AssertCleanAsync(pair.A, pair.B);
    }

    internal static async Task AssertWholeAtBothAsync(Pair pair, TestSession whole)
    {
        await whole.In(pair.A).AssertWholeAsync();
        await whole.In(pair.B).AssertWholeAsync();
    }

    /// <summary>A session with a chunk at A, one at B, and one at A.</summary>
    internal static async Task<TestSession> SpreadAsync(Pair pair, bool declare = false)
    {
        var session = await TestSession.CreateAsync(pair.A, 3 * Part, declare);
        await session.MustPutAsync(0, Part);
        await session.In(pair.B).MustPutAsync(Part, Part);
        await session.MustPutAsync(2 * Part, Part);
        return session;
    }

    /// <summary>A stream with a segment at A, one at B, and one at A.</summary>
    internal static async Task<TestStream> SpreadStreamAsync(Pair pair)
    {
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(3 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        var atB = stream with { Rig = pair.B };
        TestSession.Expect(await atB.AppendAsync(stream.Request(Part), 2 * Part));
        TestSession.Expect(await stream.AppendAsync(2 * Part));
        return stream;
    }

    /// <returns>What was sent, and the failure.</returns>
    internal static async Task<(long Sent, UploadFailure? Failure)> CopyAsync(EngineRig rig, UploadId id, ByteRange range)
    {
        var upload = (await rig.Ledger.GetAsync(id, None))!;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var failure = await rig.Contents.CopyAsync(Caller.Operator, upload, range, pipe.Writer, null, None);
        await pipe.Writer.CompleteAsync();
        using var bytes = new MemoryStream();
        await pipe.Reader.CopyToAsync(bytes, None);
        return (bytes.Length, failure);
    }

    internal static async Task<Guid[]> StoresAsync(EngineRig rig, UploadId id) =>
        [.. (await rig.Ledger.ExtentsAsync(id, 0, 100, None)).Select(extent => extent.File.Store)];

    internal static async Task<Upload> UploadAsync(EngineRig rig, UploadId id) => (await rig.Ledger.GetAsync(id, None))!;

    internal static string PathOf(EngineRig rig, StoredFile file) =>
        Directory.EnumerateFiles(rig.Folder, $"*{file.Unique:N}*", SearchOption.AllDirectories).SingleOrDefault() ?? "";

    internal static void FlipBit(EngineRig rig, StoredFile file)
    {
        var bytes = File.ReadAllBytes(PathOf(rig, file));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(PathOf(rig, file), bytes);
    }

    /// <summary>Reviews the quarantined uploads at this node.</summary>
    internal static async Task<long> MendAsync(EngineRig rig)
    {
        var fsck = new FsckRun(
            rig.Get<IFsckLedger>(), rig.Ledger, rig.Ledger, rig.Get<Stores>(), rig.Get<IRunningHashes>(), rig.Time);
        return (await fsck.RunAsync(deep: false, mend: true, serviceRuns: true, new SilentProgress(), None)).Mended;
    }

    internal static async Task<T?> AskAsync<T>(EngineRig rig, string query, UploadId id)
    {
        await using var connection = await rig.ConnectAsync();
        return await connection.ExecuteScalarAsync<T>(query, new { Id = id.Value });
    }

    /// <param name="OfB">What A knows of B.</param>
    /// <param name="OfA">What B knows of A.</param>
    internal sealed record Pair(EngineRig A, EngineRig B, OtherRig OfB, OtherRig OfA)
    {
        public Guid InA => A.Store.Id;

        public Guid InB => B.Store.Id;
    }
}
