using ChunkUpload.Core.Projects;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Tokens are for one attempt, one key and one minute.</summary>
public sealed class StraightBookTests
{
    private static readonly ProjectDevice Source = Device("source", 1);
    private static readonly ProjectDevice Receiver = Device("receiver", 2);
    private static readonly ProjectDevice Other = Device("other", 3);
    private static readonly FileTransfer First = new(Guid.NewGuid(), "default", Guid.NewGuid(), "user:x", "/a", Source) { Attempt = 1 };

    private readonly ManualTime _time = new();
    private readonly StraightBook _book;

    public StraightBookTests() => _book = new StraightBook(_time);

    [Fact]
    public void A_token_ends_after_a_minute_unless_the_receiver_looks_again()
    {
        Tell(First);
        _book.Renew(First, Receiver);
        var token = _book.TicketOf(First, Receiver.Id)!.Token;
        _time.Advance(TimeSpan.FromSeconds(59));
        _book.Renew(First, Receiver);
        Assert.Equal(token, _book.TicketOf(First, Receiver.Id)!.Token);
        Assert.Equal(StraightBook.Lifetime, _book.GuestOf(First)!.Left);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(_book.GuestOf(First));
        Assert.Null(_book.TicketOf(First, Receiver.Id));
        _book.Renew(First, Receiver);
        Assert.NotEqual(token, _book.TicketOf(First, Receiver.Id)!.Token);
    }

    [Fact]
    public void Another_device_and_another_attempt_get_no_token_of_the_first_one()
    {
        Tell(First);
        _book.Renew(First, Receiver);
        var token = _book.TicketOf(First, Receiver.Id)!.Token;
        _book.Renew(First, Other);
        Assert.Null(_book.TicketOf(First, Other.Id));
        Assert.Equal(Receiver.Fingerprint, _book.GuestOf(First)!.Fingerprint);
        var second = First with { Attempt = 2 };
        Assert.Null(_book.GuestOf(second));
        Assert.Null(_book.TicketOf(second, Receiver.Id));
        _book.Renew(second, Other);
        Tell(second);
        Assert.NotEqual(token, _book.TicketOf(second, Other.Id)!.Token);
        Assert.Null(_book.GuestOf(First));
        // The service knows the token, the source its digest alone.
        Assert.Equal(
            Core.Hashing.Sha256Digest.Of(System.Text.Encoding.ASCII.GetBytes(_book.TicketOf(second, Other.Id)!.Token)).ToArray(),
            _book.GuestOf(second)!.TokenSha256);
    }

    [Fact]
    public void The_device_that_receives_a_batch_gets_a_token_for_each_of_its_transfers()
    {
        var batch = new FileBatch(Guid.NewGuid(), First.Project, "user:x", "/line-14");
        var transfer = First with { Batch = batch.Id };
        Assert.False(_book.HasReceiver(transfer));
        _book.Note(batch, Receiver);
        Assert.True(_book.HasReceiver(transfer));
        Assert.Equal(Receiver.Fingerprint, _book.GuestOf(transfer)!.Fingerprint);
        Assert.False(_book.HasReceiver(First with { Id = Guid.NewGuid(), Batch = Guid.NewGuid() }));
        Assert.False(_book.HasReceiver(transfer with { Id = Guid.NewGuid(), TargetKey = Guid.NewGuid() }));
        _time.Advance(StraightBook.Lifetime);
        Assert.False(_book.HasReceiver(transfer with { Id = Guid.NewGuid() }));
    }

    [Fact]
    public void Who_has_no_key_or_is_the_source_gets_nothing_and_a_tenant_ends_all()
    {
        Tell(First);
        _book.Renew(First, Receiver with { Fingerprint = null });
        _book.Renew(First, Receiver with { RevokedAt = DateTimeOffset.UnixEpoch });
        _book.Renew(First, Source);
        Assert.False(_book.HasReceiver(First));
        _book.Renew(First, Receiver);
        Assert.True(_book.HasReceiver(First));
        _book.End("other");
        Assert.True(_book.HasReceiver(First));
        _book.End("default");
        Assert.False(_book.HasReceiver(First));
    }

    private void Tell(FileTransfer transfer) => _book.Tell(transfer, ["192.168.1.5:7443"]);

    private static ProjectDevice Device(string name, byte key) => new(Guid.NewGuid(), "default", Guid.NewGuid(), Guid.NewGuid(), name)
    {
        Fingerprint = [.. Enumerable.Repeat(key, 32)],
    };
}
