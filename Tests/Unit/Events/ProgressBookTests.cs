using ChunkUpload.Core.Events;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Events;

public sealed class ProgressBookTests
{
    private readonly ManualTime _time = new();
    private readonly TransferHub _transfers = new();
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

    public ProgressBookTests() => _book = new ProgressBook(_transfers, _time);

    [Fact]
    public void A_pause_counts_for_neither_the_speed_nor_the_average()
    {
        for (var second = 0; second < 5; second++)
            Receive(1000);
        Assert.Equal((1000, 1000, 1000), Speeds());

        _time.Advance(TimeSpan.FromSeconds(50));
        Receive(1000);

        Assert.Equal((1000, 1000, 1000), Speeds());
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
        _transfers.Publish(new DurableBytes(_upload, bytes, _received));
    }

    private (int Speed, int Average, int Peak) Speeds()
    {
        var now = _book.Of(_upload.Id)!;
        return ((int)Math.Round(now.Speed), (int)Math.Round(now.Average), (int)Math.Round(now.Peak));
    }
}
