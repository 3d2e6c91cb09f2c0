using ChunkUpload.Core.Intake;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>A stream and its expected content. Its requests do what those of tus or of the IETF draft do below HTTP.</summary>
internal sealed record TestStream(EngineRig Rig, UploadId Id, byte[] Content)
{
    public UploadProtocol Protocol { get; init; } = UploadProtocol.Tus;

    private StreamAppender Appender => Rig.Get<StreamAppender>();

    public static WantedUpload Describe(long? size, UploadProtocol protocol = UploadProtocol.Tus, bool part = false) =>
        new(TestSession.Me, protocol, "x", "y/z") { Size = size, IsPart = part };

    /// <param name="deferred">The length is declared later.</param>
    public static async Task<TestStream> CreateAsync(
        EngineRig rig, byte[] content, bool deferred = false, bool part = false, UploadProtocol protocol = UploadProtocol.Tus)
    {
        var created = await rig.Intake.CreateAsync(
            Describe(deferred ? null : content.Length, protocol, part), CancellationToken.None);
        return new TestStream(rig, TestSession.Expect(created).Upload.Id, content) { Protocol = protocol };
    }

    /// <summary>A creation with all bytes: the ledger creates the upload together with its checkpoint.</summary>
    public static async Task<TestStream> CreateWithUploadAsync(EngineRig rig, byte[] content, bool part = false)
    {
        var deferred = TestSession.Expect(await rig.Intake.BeginAsync(Describe(content.Length, part: part), CancellationToken.None));
        var stream = new TestStream(rig, deferred.Seen!.Upload!.Id, content);
        TestSession.Expect(await stream.SendAsync(stream.Request(0) with { Deferred = deferred }, TestBody.Of(content)));
        return stream;
    }

    /// <summary>HEAD: the offset at which the next request is accepted.</summary>
    public Task<Result<Upload>> OffsetAsync() => Appender.OffsetAsync(TestSession.Me, Id, Protocol, CancellationToken.None);

    public StreamAppend Request(long offset, CompletionMode completion = CompletionMode.WhenFull) =>
        new(TestSession.Me, Id, Protocol, offset, completion);

    /// <summary>PATCH with the rest of the content.</summary>
    public Task<Result<StreamReceipt>> AppendAsync(long offset) => AppendAsync(Request(offset), Content.Length);

    /// <summary>PATCH with the bytes up to <paramref name="until"/>.</summary>
    public Task<Result<StreamReceipt>> AppendAsync(StreamAppend request, int until) =>
        SendAsync(request, TestBody.Of(Content.AsSpan((int)request.Offset, until - (int)request.Offset)));

    /// <summary>A request that breaks off after its bytes up to <paramref name="until"/>.</summary>
    public async Task<UploadFailure> BreakAsync(int offset, int until)
    {
        using var body = new TestBody();
        var sending = SendAsync(Request(offset), body.Announce(Content.Length - offset));
        await Task.WhenAny(sending, body.SendAsync(Content.AsMemory(offset, until - offset)));
        body.Break();
        var result = await sending;
        Assert.False(result.Ok);
        return result.Failure!;
    }

    /// <summary>A request that hangs after its bytes up to <paramref name="until"/>, until a HEAD stops it.</summary>
    /// <returns>The offset that the HEAD reports.</returns>
    public async Task<long> HangAsync(int offset, int until)
    {
        using var body = new TestBody();
        var sending = SendAsync(Request(offset), body.Announce(Content.Length - offset));
        await Task.WhenAny(sending, body.SendAsync(Content.AsMemory(offset, until - offset)));
        try
        {
            var received = TestSession.Expect(await OffsetAsync()).ReceivedBytes;
            Assert.Equal(UploadError.TakenOver, (await sending).Failure?.Error);
            return received;
        }
        finally
        {
            body.Break();
            await Task.WhenAny(sending);
        }
    }

    /// <summary>PATCH with any body. As in the service, a completed part completes the concatenations that wait for it.</summary>
    public async Task<Result<StreamReceipt>> SendAsync(StreamAppend request, UploadBody body)
    {
        var result = await Task.Run(() => Appender.AppendAsync(request, body, CancellationToken.None));
        if (result is { Ok: true, Value.Upload.IsReceived: true })
            await Rig.Get<UploadJoiner>().CompletedAsync(result.Value.Upload, CancellationToken.None);
        return result;
    }
}
