namespace ChunkUpload.Tests.Unit.Transfers;

public sealed class PieceTests
{
    [Fact]
    public async Task Is_sent_while_it_fills_and_can_be_sent_again()
    {
        var seen = new List<byte>();
        using var piece = new Piece(4, bytes => seen.AddRange(bytes));
        using var first = new MemoryStream();
        await piece.WriteAsync(new byte[] { 1, 2 });
        var sending = piece.CopyToAsync(first, CancellationToken.None);
        Assert.False(sending.IsCompleted);
        await piece.WriteAsync(new byte[] { 3, 4 });
        piece.Complete();
        await sending;
        using var second = new MemoryStream();
        await piece.CopyToAsync(second, CancellationToken.None);
        Assert.Equal([1, 2, 3, 4], first.ToArray());
        Assert.Equal([1, 2, 3, 4], second.ToArray());
        Assert.Equal([1, 2, 3, 4], seen);
        Assert.True(piece.IsFull);
    }

    [Fact]
    public async Task Breaks_off_when_the_source_ends_early()
    {
        using var piece = new Piece(4, _ => { });
        await piece.WriteAsync(new byte[] { 1 });
        piece.Complete();
        await Assert.ThrowsAsync<IOException>(() => piece.CopyToAsync(Stream.Null, CancellationToken.None));
    }

    [Fact]
    public async Task Notices_a_source_that_sends_too_much()
    {
        using var piece = new Piece(2, _ => { });
        await piece.WriteAsync(new byte[] { 1, 2 });
        var flushed = await piece.WriteAsync(new byte[] { 3 });
        Assert.True(flushed.IsCompleted);
        Assert.True(piece.TooMuch);
        Assert.False(piece.IsFull);
    }
}
