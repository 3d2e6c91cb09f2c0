using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Limits;
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
        _book = new ProgressBook(_hub, _networks, new SharedUsage(), _time);
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

    [Fact]
    public void What_another_topic_reports_has_a_speed_of_its_own_and_ends_when_it_is_removed()
    {
        var topic = new Topic("transfer", "1");
        var report = new ProgressReport(topic, "default", "user:a", "Photos", 5_000, 4_000, 100_000);
        _book.Report(report);
        for (var second = 1; second <= 5; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _book.Report(report with { Done = 5_000 + (second * 1_000), Safe = 4_000 + (second * 1_000) });
        }

        var progress = _book.Of(topic)!;
        Assert.Equal((10_000, 9_000, 100_000L), (progress.Done, progress.Safe, progress.Total!.Value));
        // What was there before the first report is not counted as moved.
        Assert.Equal(1_000, progress.Speed.Current!.Value, 1.0);
        Assert.Equal(91, progress.Left!.Value.TotalSeconds, 0.1);
        Assert.Equal(topic, Assert.Single(_book.Since(0)).Topic);
        Assert.Equal(0, _book.Active(null));

        _book.Remove(topic);
        Assert.Empty(_book.Since(0));
    }

    [Fact]
    public void Reports_that_rest_are_forgotten()
    {
        _book.Report(new ProgressReport(new Topic("transfer", "1"), "default", "user:a", "Photos", 1, 1, null));
        Assert.Single(_book.Since(0));
        _time.Advance(ProgressBook.Remembered + TimeSpan.FromSeconds(1));
        Assert.Empty(_book.Since(0));
        _book.Forget();
        Assert.Null(_book.Of(new Topic("transfer", "1")));
    }

    [Fact]
    public void What_other_nodes_tell_is_added_up_with_what_comes_here_and_is_not_told_to_them_again()
    {
        var topic = Topic.Of(_upload.Id);
        Receive(5000);
        var seen = _book.Changes;
        _book.Hear(7, Heard(9000, 100));
        _book.Hear(8, Heard(7000, 20));
        var progress = Assert.Single(_book.Since(seen));
        Assert.Equal((9000, 120.0), (progress.Safe, progress.Speed.Current!.Value));
        Assert.Equal(9000, _book.Of(_upload.Id)!.Safe);
        Assert.Equal(5000, Assert.Single(_book.SinceHere(0)).Safe);
        Assert.Equal(5000, _book.OfHere(_upload.Id)!.Safe);

        // Nodes that tell nothing any more move nothing.
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(_book.Of(topic)!.Speed.Current);

        // An answer that is older than the end does not bring the upload back.
        _book.Remove(topic);
        _book.Hear(7, Heard(9500, 100));
        Assert.Empty(_book.Since(0));
        _time.Advance(ProgressBook.Remembered + TimeSpan.FromSeconds(1));
        _book.Forget();
        _book.Hear(7, Heard(9500, 100));
        Assert.Single(_book.Since(0));
    }

    private Progress Heard(long received, double speed) => new(
        Topic.Of(_upload.Id), _upload.Tenant, _upload.Subject, _upload.FileName, received, _upload.Size,
        new UploadSpeed(speed, null, null));

    private void Receive(long bytes)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _received += bytes;
        _hub.Publish(new DurableBytes(_upload, bytes, _received));
    }
}
