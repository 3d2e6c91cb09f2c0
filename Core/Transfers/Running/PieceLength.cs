namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// How long the pieces of a file may be so that each ends within the file's turn: a file makes room for others only between two pieces,
/// and one of a slow storage would keep its place for minutes. The first piece is short, because nothing is known of the speed yet.
/// </summary>
internal sealed class PieceLength(TimeProvider time, TimeSpan turn)
{
    private const long First = 256 << 10;

    private long _beganAt;
    private long _sent;

    /// <summary>Bytes were read from the source.</summary>
    public void Sent(int bytes)
    {
        if (_sent == 0)
            _beganAt = time.GetTimestamp();
        _sent += bytes;
    }

    /// <param name="most">What memory and both storages allow.</param>
    public long Next(long most)
    {
        if (_sent == 0)
            return Math.Min(most, First);
        var took = time.GetElapsedTime(_beganAt);
        // Compared as it is, because a fast file would not fit a long.
        var inTurn = took > TimeSpan.Zero ? _sent * (turn / took) : most;
        return inTurn < most ? (long)inTurn : most;
    }
}
