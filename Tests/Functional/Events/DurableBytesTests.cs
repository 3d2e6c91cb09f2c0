using ChunkUpload.Core.Events;
using ChunkUpload.Core.Intake;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Events;

/// <summary>Every byte that becomes durable is reported to the hub exactly once.</summary>
public sealed class DurableBytesTests(PostgresFixture postgres) : EngineTests(postgres), IDurableBytesListener
{
    private const int Length = 10_000;

    private readonly List<(UploadId Id, long Bytes)> _durable = [];

    [Fact]
    public async Task Broken_chunk_counts_its_prefix_and_then_only_the_rest()
    {
        var session = await TestSession.CreateAsync(await ListenAsync(), Length);
        await session.BreakAsync(0, Length, 4000);
        await session.MustPutAsync(0, Length, 4000);
        Assert.Equal([(session.Id, 4000), (session.Id, Length - 4000)], _durable);
    }

    [Fact]
    public async Task Repeated_chunk_counts_once()
    {
        var session = await TestSession.CreateAsync(await ListenAsync(), Length);
        await session.MustPutAsync(0, 5000);
        await session.MustPutAsync(0, 5000);
        Assert.Equal([(session.Id, 5000)], _durable);
    }

    [Fact]
    public async Task File_in_one_request_counts_its_checkpoints()
    {
        var rig = await ListenAsync();
        var file = new WantedUpload(TestSession.Me, UploadProtocol.Put, "name", "text/plain");
        var upload = TestSession.Expect(
            await rig.Files.ReceiveAsync(file, TestBody.Of(TestSession.Bytes(Length)), CancellationToken.None));
        Assert.Equal(Length, _durable.Where(durable => durable.Id == upload.Id).Sum(durable => durable.Bytes));
    }

    void IDurableBytesListener.OnDurable(in DurableBytes durable) => _durable.Add((durable.Upload.Id, durable.Bytes));

    private async Task<EngineRig> ListenAsync()
    {
        var rig = await StartAsync();
        rig.Get<UploadHub>().Subscribe(this);
        return rig;
    }
}
