using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Intake;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>A session and its expected content.</summary>
internal sealed record TestSession(EngineRig Rig, UploadId Id, byte[] Content)
{
    public static readonly Caller Me = Caller.Operator;

    public static async Task<TestSession> CreateAsync(EngineRig rig, int size, bool declare = false, bool announce = true, int seed = 1)
    {
        var content = Bytes(size, seed);
        var created = await rig.Intake.CreateAsync(
            new WantedUpload(Me, UploadProtocol.Session, "film.mp4", "video/mp4")
            { Size = announce ? size : null, Sha256 = declare ? Sha256Digest.Of(content) : null },
            CancellationToken.None);
        return new TestSession(rig, Expect(created).Upload.Id, content);
    }

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static T Expect<T>(Result<T> result)
        where T : class
    {
        Assert.True(result.Ok, result.Failure?.ToString());
        return result.Value!;
    }

    /// <summary>The same session in another incarnation.</summary>
    public TestSession In(EngineRig rig) => this with { Rig = rig };

    public ReadOnlyMemory<byte> Part(long offset, long length) => Content.AsMemory((int)offset, (int)length);

    public Sha256Digest DigestOf(long offset, long length) => Sha256Digest.Of(Part(offset, length).Span);

    public ChunkRequest Request(long offset, long length, long kept = 0) =>
        new(Me, Id, offset, offset + kept, length, DigestOf(offset, length), null);

    /// <remarks>Runs on another thread, because a write that a test holds blocks its thread.</remarks>
    public Task<Result<ChunkReceipt>> SendAsync(ChunkRequest request, UploadBody body, CancellationToken cancellationToken = default) =>
        Task.Run(() => Rig.Writer.WriteAsync(request, body, cancellationToken), CancellationToken.None);

    /// <summary>Sends a chunk in one request, or the rest of one.</summary>
    public Task<Result<ChunkReceipt>> PutAsync(long offset, long length, long kept = 0) =>
        SendAsync(Request(offset, length, kept), TestBody.Of(Part(offset + kept, length - kept).Span));

    public async Task<ChunkReceipt> MustPutAsync(long offset, long length, long kept = 0) => Expect(await PutAsync(offset, length, kept));

    /// <summary>Sends a chunk whose connection breaks at this byte.</summary>
    public async Task<UploadFailure> BreakAsync(long offset, long length, long until, long kept = 0)
    {
        using var body = new TestBody();
        var sending = SendAsync(Request(offset, length, kept), body.Announce(length - kept), body.Gone);
        // If the writer has ended before, the bytes are not read.
        if (until > kept)
            await Task.WhenAny(sending, body.SendAsync(Part(offset + kept, until - kept)));
        body.Break();
        var result = await sending;
        Assert.False(result.Ok);
        return result.Failure!;
    }

    public Task<Result<ChunkStatus>> StatusAsync(long offset) => Rig.Writer.StatusAsync(Me, Id, offset, CancellationToken.None);

    public async Task<long> KeptAsync(long offset)
    {
        var status = await StatusAsync(offset);
        if (!status.Ok)
            Assert.Equal(UploadError.NoSuchRange, status.Failure!.Error);
        return status.Ok ? status.Value.Kept : 0;
    }

    public async Task<Upload> UploadAsync() => (await Rig.Ledger.GetAsync(Id, CancellationToken.None))!;

    public Task<Result<Upload>> CompleteAsync(long? size = null, Sha256Digest? sha256 = null) =>
        Rig.Finisher.CompleteAsync(Me, Id, size, sha256, CancellationToken.None);

    public Task<Result<Upload>> ReopenAsync(long offset, long length) =>
        Rig.Catalog.ReopenRangeAsync(Me, Id, new ByteRange(offset, length), CancellationToken.None);

    public Task<Result<Upload>> CancelAsync() => Rig.Catalog.CancelAsync(Me, Id, CancellationToken.None);

    public Task<IReadOnlyList<Extent>> ExtentsAsync() => Rig.Ledger.ExtentsAsync(Id, 0, 100_000, CancellationToken.None);

    /// <summary>Does all background work now.</summary>
    public async Task SettleAsync()
    {
        for (var more = true; more;)
        {
            more = await Rig.Hasher.StepAsync(await UploadAsync(), CancellationToken.None);
            more |= await Rig.Merger.StepAsync(await UploadAsync(), CancellationToken.None) != MergeStep.Nothing;
        }
    }

    public async Task MergeAsync()
    {
        while (await Rig.Merger.StepAsync(await UploadAsync(), CancellationToken.None) != MergeStep.Nothing)
        {
        }
    }

    public async Task<byte[]> ReadAsync() => await ReadAsync(new ByteRange(0, Content.Length));

    public async Task<byte[]> ReadAsync(ByteRange range)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var failure = await Rig.Contents.CopyAsync(Caller.Operator, await UploadAsync(), range, pipe.Writer, null, CancellationToken.None);
        Assert.Null(failure);
        await pipe.Writer.CompleteAsync();
        using var bytes = new MemoryStream();
        await pipe.Reader.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>Checks that the upload is complete and has the expected content.</summary>
    public async Task AssertWholeAsync()
    {
        Assert.Equal(UploadState.Completed, (await UploadAsync()).State);
        Assert.Equal(Sha256Digest.Of(Content), Sha256Digest.Of(await ReadAsync()));
    }
}
