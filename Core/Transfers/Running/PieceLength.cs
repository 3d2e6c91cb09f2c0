namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Limits the size of pieces so that each ends within the file's turn. A file yields to others only between two pieces, and a large piece
/// of a slow storage would take minutes. The first piece is small, because the speed is not known yet.
/// </summary>
internal sealed class PieceLength(TimeProvider time, TimeSpan turn)
{
    private const long First = 256 << 10;

    private long _beganAt;
    private long _sent;

    /// <summary>Adds bytes that were read from the source.</summary>
    public void Sent(int bytes)
    {
        if (_sent == 0)
            _beganAt = time.GetTimestamp();
        _sent += bytes;
    }

    /// <param name="most">The maximum that memory and both storages allow.</param>
    public long Next(long most)
    {
        if (_sent == 0)
            return Math.Min(most, First);
        var took = time.GetElapsedTime(_beganAt);
        // Compare as a double, because the value of a fast file would overflow a long.
        var inTurn = took > TimeSpan.Zero ? _sent * (turn / took) : most;
        return inTurn < most ? (long)inTurn : most;
    }
}
