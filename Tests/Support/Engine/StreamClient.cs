namespace ChunkUpload.Tests.Support.Engine;

/// <summary>
/// A client that knows of its stream only what the service has told it, and that continues after a crash as its protocol says.
/// </summary>
/// <param name="content">The expected content.</param>
/// <param name="deferred">The length is declared later.</param>
internal sealed class StreamClient(
    byte[] content, bool deferred = false, bool part = false, UploadProtocol protocol = UploadProtocol.Tus)
{
    private TestStream? _stream;
    private long _acknowledged;

    /// <summary>False while no answer has told the address.</summary>
    public bool HasAddress => _stream is not null;

    public byte[] Content => content;

    public TestStream Stream => _stream!;

    public async Task CreateAsync(EngineRig rig) => _stream = await TestStream.CreateAsync(rig, content, deferred, part, protocol);

    public async Task CreateWithUploadAsync(EngineRig rig)
    {
        _stream = await TestStream.CreateWithUploadAsync(rig, content, part);
        _acknowledged = content.Length;
    }

    /// <param name="size">The length, if this request declares it.</param>
    public async Task AppendAsync(int until, long? size = null, CompletionMode completion = CompletionMode.WhenFull)
    {
        var request = Stream.Request(_acknowledged, completion) with { Size = size };
        _acknowledged = TestSession.Expect(await Stream.AppendAsync(request, until)).Offset;
        Assert.Equal(until, _acknowledged);
    }

    public async Task BreakAsync(int until) => _acknowledged = (await Stream.BreakAsync((int)_acknowledged, until)).Offset!.Value;

    public async Task HangAsync(int until) => _acknowledged = await Stream.HangAsync((int)_acknowledged, until);

    /// <summary>Resumes in another incarnation: creates the upload again if its address is unknown.</summary>
    public async Task<Upload> ResumeAsync(EngineRig rig)
    {
        if (_stream is null)
            await CreateAsync(rig);
        _stream = Stream with { Rig = rig };
        var upload = TestSession.Expect(await Stream.OffsetAsync());
        Assert.Null(upload.DamagedAt);
        Assert.InRange(upload.ReceivedBytes, _acknowledged, content.Length);
        _acknowledged = upload.ReceivedBytes;
        return upload;
    }

    /// <summary>Asks for the offset, sends the rest, and compares all bytes.</summary>
    public async Task FinishAsync(EngineRig rig)
    {
        if (!(await ResumeAsync(rig)).IsReceived)
        {
            await AppendAsync(
                content.Length, deferred ? content.Length : null,
                protocol == UploadProtocol.Ietf ? CompletionMode.WithThisRequest : CompletionMode.WhenFull);
        }

        await AssertWholeAsync(new TestSession(rig, Stream.Id, content));
    }

    /// <summary>Checks the bytes and the digest that the ledger has of them.</summary>
    public static async Task AssertWholeAsync(TestSession whole)
    {
        await whole.SettleAsync();
        await whole.AssertWholeAsync();
        Assert.Equal(Sha256Digest.Of(whole.Content), (await whole.UploadAsync()).Sha256);
    }
}
