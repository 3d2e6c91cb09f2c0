using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace ChunkUpload.Tests.Support;

/// <summary>The whole answer on one stream: each block of headers, the bytes, and whether it was reset instead.</summary>
internal sealed record Http2Answer(IReadOnlyList<IReadOnlyDictionary<string, string>> Blocks, string Body, bool WasReset)
{
    public int Status => Blocks.Count == 0 ? 0 : int.Parse(Blocks[^1][":status"], System.Globalization.CultureInfo.InvariantCulture);

    public string? this[string name] => Blocks.Count == 0 ? null : Blocks[^1].GetValueOrDefault(name);
}

/// <summary>
/// HTTP/2 frame by frame, with prior knowledge, for what the framework's clients cannot send: trailers, resets, bodies without an end.
/// </summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    private const byte EndStream = 1, EndHeaders = 4, Ack = 1;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly string _authority;
    private readonly string _key;
    private int _last = -1;

    private RawHttp2(TcpClient client, string authority, string key) => (_client, _stream, _authority, _key) =
        (client, client.GetStream(), authority, key);

    /// <param name="window">How many bytes the server may send on each stream before it needs an update.</param>
    public static async Task<RawHttp2> OpenAsync(Uri address, string key, int window = 65535)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var connection = new RawHttp2(client, address.Authority, key);
        await connection._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        // No dynamic header table: every field is sent in full.
        var settings = new byte[] { 0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0 };
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(8), window);
        await connection.FrameAsync(Settings, 0, 0, settings);
        return connection;
    }

    /// <summary>Sends a request's head on a new stream, with the authority and the key added.</summary>
    public async Task<int> RequestAsync(string method, string path, bool ends, params (string Name, string Value)[] fields)
    {
        _last += 2;
        await FrameAsync(Headers, (byte)(EndHeaders | (ends ? EndStream : 0)), _last, Block(
            [(":method", method), (":scheme", "http"), (":path", path), (":authority", _authority), ("authorization", $"Bearer {_key}"),
                .. fields]));
        return _last;
    }

    /// <summary>How many bytes the server accepts on one stream before it has read any; known after the first answer.</summary>
    public int StreamWindow { get; private set; } = 65535;

    /// <summary>The same for all streams of the connection together.</summary>
    public int ConnectionWindow { get; private set; } = 65535;

    public Task DataAsync(int stream, byte[] bytes, bool ends) => FrameAsync(Data, ends ? EndStream : (byte)0, stream, bytes);

    /// <summary>Ends the stream.</summary>
    public Task TrailersAsync(int stream, params (string Name, string Value)[] fields) =>
        FrameAsync(Headers, EndHeaders | EndStream, stream, Block(fields));

    /// <summary>Resets the stream as a client that cancels (CANCEL).</summary>
    public Task ResetAsync(int stream) => FrameAsync(ResetStream, 0, stream, [0, 0, 0, 8]);

    public async Task<Http2Answer> AnswerAsync(int stream)
    {
        var blocks = new List<IReadOnlyDictionary<string, string>>();
        var body = new StringBuilder();
        var pending = new MemoryStream();
        while (true)
        {
            var (type, flags, id, payload) = await ReadAsync();
            if (type == GoAway)
                throw new IOException($"The server ended the connection: {Encoding.ASCII.GetString(payload.AsSpan(8))}");
            if (id != stream)
                continue;
            switch (type)
            {
                case Headers or Continuation:
                    pending.Write(payload);
                    if ((flags & EndHeaders) != 0)
                    {
                        blocks.Add(Fields(pending.ToArray()));
                        pending.SetLength(0);
                    }

                    break;
                case Data:
                    body.Append(Encoding.UTF8.GetString(payload));
                    break;
                case ResetStream:
                    return new Http2Answer(blocks, body.ToString(), WasReset: true);
            }

            if (type is Headers or Data && (flags & EndStream) != 0)
                return new Http2Answer(blocks, body.ToString(), WasReset: false);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task FrameAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReadAsync()
    {
        while (true)
        {
            var head = new byte[9];
            await _stream.ReadExactlyAsync(head).AsTask().WaitAsync(Eventually.Limit);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload);
            Note(head, payload);
            if (head[3] is Settings or Ping)
            {
                if ((head[4] & Ack) == 0)
                    await FrameAsync(head[3], Ack, 0, head[3] == Ping ? payload : []);
                continue;
            }

            return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
    }

    private void Note(byte[] head, byte[] payload)
    {
        if (head[3] == WindowUpdate && BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) == 0)
            ConnectionWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
        // SETTINGS_INITIAL_WINDOW_SIZE.
        for (var at = 0; head[3] == Settings && at < payload.Length; at += 6)
        {
            if (payload[at + 1] == 4)
                StreamWindow = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(at + 2));
        }
    }

    // HPACK: literal fields, not indexed, no Huffman code.
    private static byte[] Block((string Name, string Value)[] fields)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            foreach (var text in new[] { name, value })
            {
                WriteLength(block, text.Length);
                block.Write(Encoding.ASCII.GetBytes(text));
            }
        }

        return block.ToArray();
    }

    private static void WriteLength(MemoryStream block, int length)
    {
        if (length < 127)
        {
            block.WriteByte((byte)length);
            return;
        }

        block.WriteByte(127);
        for (length -= 127; length >= 128; length >>= 7)
            block.WriteByte((byte)(length | 128));
        block.WriteByte((byte)length);
    }

    private static Dictionary<string, string> Fields(byte[] block)
    {
        var fields = new Dictionary<string, string>();
        var at = 0;
        while (at < block.Length)
        {
            var first = block[at];
            if ((first & 0xE0) == 0x20)
            {
                _ = ReadInteger(block, ref at, 5);
                continue;
            }

            var indexed = (first & 0x80) != 0;
            var index = ReadInteger(block, ref at, indexed ? 7 : (first & 0x40) != 0 ? 6 : 4);
            if (indexed)
            {
                // In the static table, only statuses have values that the service's answers can have.
                fields[":status"] = index is >= 8 and <= 14
                    ? Statuses[index - 8]
                    : throw new InvalidDataException($"Field {index} of the table.");
                continue;
            }

            // Other names of the static table keep their number, because no test asks for them.
            var name = index == 0 ? ReadText(block, ref at) : index == 8 ? ":status" : index == 46 ? "location" : $"#{index}";
            fields[name] = ReadText(block, ref at);
        }

        return fields;
    }

    private static readonly string[] Statuses = ["200", "204", "206", "304", "400", "404", "500"];

    private static string ReadText(byte[] block, ref int at)
    {
        if ((block[at] & 0x80) != 0)
            throw new InvalidDataException("Huffman code, which the server does not use.");
        var length = ReadInteger(block, ref at, 7);
        var text = Encoding.ASCII.GetString(block, at, length);
        at += length;
        return text;
    }

    private static int ReadInteger(byte[] block, ref int at, int bits)
    {
        var most = (1 << bits) - 1;
        var value = block[at++] & most;
        if (value < most)
            return value;
        for (var shift = 0; ; shift += 7)
        {
            var next = block[at++];
            value += (next & 127) << shift;
            if ((next & 128) == 0)
                return value;
        }
    }
}
