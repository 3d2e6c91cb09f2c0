using System.Buffers;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Where in a chunked body one is (RFC 9112, 7.1): what of it is bytes of chunks, and where the framing ceases to be any. Trailers are none to
/// it: whether they are sound only the server can tell.
/// </summary>
internal struct ChunkFraming
{
    // Of a chunk's size, as the server above counts them.
    private const int MostDigits = 8;

    private Place _place;
    private int _digits;
    private long _left;

    private enum Place
    {
        Size,
        Extension,
        SizeEnd,
        Bytes,
        BytesReturn,
        BytesEnd,
        Last,
        LastEnd,
        Behind,
    }

    /// <summary>The whole body has been read, and it has no trailers.</summary>
    public readonly bool IsOver => _place == Place.Behind;

    /// <summary>All chunks have been read; what follows is a trailer, or nothing yet.</summary>
    public readonly bool IsInTrailers => _place == Place.Last;

    /// <summary>Goes on over these.</summary>
    /// <param name="sound">How many of them are well-framed.</param>
    /// <param name="bytes">How many of those belong to chunks.</param>
    /// <returns>False when what follows the sound ones is broken, or a trailer, which may be.</returns>
    public bool TryRead(in ReadOnlySequence<byte> buffer, out long sound, out long bytes)
    {
        (sound, bytes) = (0, 0);
        foreach (var run in buffer)
        {
            var read = Read(run.Span, ref bytes);
            sound += read;
            if (read < run.Length)
                return false;
        }

        return true;
    }

    private int Read(ReadOnlySpan<byte> run, ref long bytes)
    {
        for (var at = 0; at < run.Length;)
        {
            switch (_place)
            {
                case Place.Behind:
                    return run.Length;
                case Place.Bytes:
                    var taken = (int)Math.Min(_left, run.Length - at);
                    at += taken;
                    bytes += taken;
                    _left -= taken;
                    if (_left == 0)
                        _place = Place.BytesReturn;
                    break;
                default:
                    if (!TryStep(run[at]))
                        return at;
                    at++;
                    break;
            }
        }

        return run.Length;
    }

    private bool TryStep(byte next)
    {
        switch (_place)
        {
            case Place.Size when char.IsAsciiHexDigit((char)next):
                _left = (_left << 4) | (long)(next <= (byte)'9' ? next - '0' : (next | 0x20) - 'a' + 10);
                return ++_digits <= MostDigits && _left <= int.MaxValue;
            case Place.Size when _digits > 0 && next == ';':
                _place = Place.Extension;
                return true;
            case Place.Size when _digits > 0 && next == '\r':
            case Place.Extension when next == '\r':
                _place = Place.SizeEnd;
                return true;
            case Place.Extension:
                return next != '\n';
            case Place.SizeEnd when next == '\n':
                _place = _left == 0 ? Place.Last : Place.Bytes;
                return true;
            case Place.BytesReturn when next == '\r':
                _place = Place.BytesEnd;
                return true;
            case Place.BytesEnd when next == '\n':
                (_place, _digits) = (Place.Size, 0);
                return true;
            case Place.Last when next == '\r':
                _place = Place.LastEnd;
                return true;
            case Place.LastEnd when next == '\n':
                _place = Place.Behind;
                return true;
            default:
                return false;
        }
    }
}
