using System.Buffers;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Follows the framing of a chunked body (RFC 9112, 7.1): counts the bytes that belong to chunks and finds where the framing is broken. It
/// does not parse trailers; only the server can tell whether they are valid.
/// </summary>
internal struct ChunkedBodyParser
{
    // Kestrel's own limit on the digits of a chunk size.
    private const int MaxDigits = 8;

    // Kestrel has no limit. Chunk signatures, the longest extensions in use, have about a hundred bytes.
    private const int MaxExtension = 4096;

    private State _state;
    private int _digits;
    private int _extension;
    private long _left;

    private enum State
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        Trailers,
        FinalLineFeed,
        End,
    }

    /// <summary>The whole body has been read, and it has no trailers.</summary>
    public readonly bool IsOver => _state == State.End;

    /// <summary>All chunks have been read. The next bytes are a trailer, or have not arrived.</summary>
    public readonly bool IsInTrailers => _state == State.Trailers;

    /// <summary>A chunk's extension is longer than any normal client sends.</summary>
    public readonly bool IsTooLong => _extension > MaxExtension;

    /// <summary>Parses the next bytes.</summary>
    /// <param name="valid">How many of the bytes are well framed.</param>
    /// <param name="bytes">How many of the well-framed bytes are chunk data.</param>
    /// <returns>False when the bytes after the valid ones break the framing or may begin a trailer.</returns>
    public bool TryRead(in ReadOnlySequence<byte> buffer, out long valid, out long bytes)
    {
        (valid, bytes) = (0, 0);
        foreach (var run in buffer)
        {
            var read = Read(run.Span, ref bytes);
            valid += read;
            if (read < run.Length)
                return false;
        }

        return true;
    }

    private int Read(ReadOnlySpan<byte> run, ref long bytes)
    {
        for (var at = 0; at < run.Length;)
        {
            switch (_state)
            {
                case State.End:
                    return run.Length;
                case State.Data:
                    var taken = (int)Math.Min(_left, run.Length - at);
                    at += taken;
                    bytes += taken;
                    _left -= taken;
                    if (_left == 0)
                        _state = State.DataCarriageReturn;
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
        switch (_state)
        {
            case State.Size when char.IsAsciiHexDigit((char)next):
                _left = (_left << 4) | (long)(next <= (byte)'9' ? next - '0' : (next | 0x20) - 'a' + 10);
                return ++_digits <= MaxDigits && _left <= int.MaxValue;
            case State.Size when _digits > 0 && next == ';':
                _state = State.Extension;
                return true;
            case State.Size when _digits > 0 && next == '\r':
            case State.Extension when next == '\r':
                _state = State.SizeLineFeed;
                return true;
            case State.Extension:
                return next != '\n' && ++_extension <= MaxExtension;
            case State.SizeLineFeed when next == '\n':
                _state = _left == 0 ? State.Trailers : State.Data;
                return true;
            case State.DataCarriageReturn when next == '\r':
                _state = State.DataLineFeed;
                return true;
            case State.DataLineFeed when next == '\n':
                (_state, _digits, _extension) = (State.Size, 0, 0);
                return true;
            case State.Trailers when next == '\r':
                _state = State.FinalLineFeed;
                return true;
            case State.FinalLineFeed when next == '\n':
                _state = State.End;
                return true;
            default:
                return false;
        }
    }
}
