using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Pieces that end within a file's turn.</summary>
public sealed class PieceLengthTests
{
    private const long Most = 10 << 20;

    private readonly ManualTime _time = new();

    [Fact]
    public void The_first_piece_is_short_and_never_longer_than_allowed()
    {
        var pieces = new PieceLength(_time, TimeSpan.FromSeconds(5));
        Assert.Equal(256 << 10, pieces.Next(Most));
        Assert.Equal(1000, pieces.Next(1000));
    }

    [Fact]
    public void A_slow_file_has_pieces_of_its_turn_and_a_fast_one_the_longest()
    {
        var slow = new PieceLength(_time, TimeSpan.FromSeconds(5));
        slow.Sent(40_000);
        _time.Advance(TimeSpan.FromSeconds(2));
        slow.Sent(120_000);
        Assert.Equal(400_000, slow.Next(Most));

        var fast = new PieceLength(_time, TimeSpan.FromSeconds(5));
        fast.Sent(1 << 20);
        Assert.Equal(Most, fast.Next(Most));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(Most, fast.Next(Most));
    }
}
