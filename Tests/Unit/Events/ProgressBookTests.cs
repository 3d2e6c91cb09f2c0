using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Events;

public sealed class ProgressBookTests
{
    private readonly ManualTime _time = new();
    private readonly UploadHub _hub = new();
    private readonly NetworkBook _networks;
    private readonly ProgressBook _book;

    private readonly Upload _upload = new()
    {
        Id = UploadId.New(),
        Tenant = "default",
        Subject = "operator",
        FileName = "f",
        ContentType = "t",
        Protocol = UploadProtocol.Tus,
        State = UploadState.Open,
        StateAt = default,
        Metadata = new Dictionary<string, string>(),
        CreatedAt = default,
        IdleAllowance = TimeSpan.FromDays(1),
        Size = 1_000_000,
    };

    private long _received;

    public ProgressBookTests()
    {
        _networks = new NetworkBook(Options.Create(new AdvisorOptions()), _time);
        _book = new ProgressBook(_hub, _networks, _time);
    }

    [Fact]
    public void The_speed_is_the_one_that_the_advisor_measured()
    {
        using var body = _networks.Open(_upload.Id, Caller.Operator);
        for (var second = 0; second < 5; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            body.Read(1000);
        }

        Receive(5000);

        Assert.Equal(_networks.Find(_upload.Id)!.Speed, _book.Of(_upload.Id)!.Speed);
        Assert.NotNull(_book.Of(_upload.Id)!.Speed.Peak);
    }

    [Fact]
    public void An_upload_that_rests_is_not_reported_any_more()
    {
        Receive(1000);
        Assert.Single(_book.Since(0));

        _time.Advance(ProgressBook.Remembered + TimeSpan.FromSeconds(1));
        Assert.Empty(_book.Since(0));

        _book.Forget();
        Assert.Null(_book.Of(_upload.Id));
    }

    private void Receive(long bytes)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _received += bytes;
        _hub.Publish(new DurableBytes(_upload, bytes, _received));
    }
}
