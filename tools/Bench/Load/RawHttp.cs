using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Bench.Load;

/// <summary>
/// One HTTP/1.1 connection over a blocking socket, for callers with a thread of their own. It uses little CPU, so that on few cores the
/// server dominates the measurement. An unexpected answer is a <see cref="BenchException"/>.
/// </summary>
internal sealed class RawHttp : IDisposable
{
    private const int Slice = 1 << 20;
    private const int Small = 64 << 10;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _in = new byte[256 << 10];
    private readonly byte[] _out = new byte[(4 << 10) + Small];
    private int _from;
    private int _to;

    public RawHttp(Uri server) => _socket.Connect(IPAddress.Loopback, server.Port);

    /// <summary>Sends a request with this number of bytes of <see cref="Material"/> as its body, and reads the answer.</summary>
    /// <returns>The answer's Location, if it has one.</returns>
    public string? Send(string head, long offset, long count, int expected)
    {
        Send(head, offset, count);
        var (length, location) = ReadHead(head, expected);
        _ = Drain(length, null);
        return location;
    }

    /// <summary>Sends the head of a request whose body follows later.</summary>
    public void Begin(string head) => SendAll(Encoding.ASCII.GetBytes(head));

    public void Send(long offset, int count)
    {
        for (var done = 0; done < count;)
        {
            var extent = Material.At(offset + done, count - done);
            SendAll(extent.Span);
            done += extent.Length;
        }
    }

    public void End(int expected) => _ = Drain(ReadHead("A slow request\r", expected).Length, null);

    /// <summary>Sends a request without a body and reads the answer's body.</summary>
    /// <returns>The number of bytes received.</returns>
    public long Download(string head, int expected, IncrementalHash? hash)
    {
        Send(head, 0, 0);
        return Drain(ReadHead(head, expected).Length, hash);
    }

    public void Dispose() => _socket.Dispose();

    private void Send(string head, long offset, long count)
    {
        var size = Encoding.ASCII.GetBytes(head, _out);
        if (count <= Small)
        {
            for (long done = 0; done < count;)
            {
                var extent = Material.At(offset + done, count - done);
                extent.Span.CopyTo(_out.AsSpan(size));
                size += extent.Length;
                done += extent.Length;
            }

            count = 0;
        }

        SendAll(_out.AsSpan(0, size));
        for (long done = 0; done < count;)
        {
            var extent = Material.At(offset + done, Math.Min(count - done, Slice));
            SendAll(extent.Span);
            done += extent.Length;
        }
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    // A length of -1 means chunked.
    private (long Length, string? Location) ReadHead(string request, int expected)
    {
        int end;
        while ((end = _in.AsSpan(_from, _to - _from).IndexOf("\r\n\r\n"u8)) < 0)
            Fill();
        var text = Encoding.ASCII.GetString(_in, _from, end);
        _from += end + 4;
        var status = int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
        long length = 0;
        string? location = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = long.Parse(line["Content-Length:".Length..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("Location:", StringComparison.OrdinalIgnoreCase))
                location = line["Location:".Length..].Trim().ToString();
            else if (line.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase))
                length = -1;
        }

        if (status != expected)
            throw new BenchException($"{request[..request.IndexOf('\r', StringComparison.Ordinal)]} was answered with {status}:\n{text}");
        return (status == 204 || request.StartsWith("HEAD ", StringComparison.Ordinal) ? 0 : length, location);
    }

    private long Drain(long length, IncrementalHash? hash)
    {
        if (length >= 0)
            return Take(length, hash);
        long all = 0;
        while (true)
        {
            int end;
            while ((end = _in.AsSpan(_from, _to - _from).IndexOf("\r\n"u8)) < 0)
                Fill();
            var size = long.Parse(Encoding.ASCII.GetString(_in, _from, end), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _from += end + 2;
            all += Take(size, hash);
            _ = Take(2, null);
            if (size == 0)
                return all;
        }
    }

    private long Take(long count, IncrementalHash? hash)
    {
        for (var left = count; left > 0;)
        {
            if (_from == _to)
                Fill();
            var extent = (int)Math.Min(left, _to - _from);
            hash?.AppendData(_in.AsSpan(_from, extent));
            _from += extent;
            left -= extent;
        }

        return count;
    }

    private void Fill()
    {
        if (_from == _to)
            _from = _to = 0;
        else if (_from > 0)
        {
            _in.AsSpan(_from, _to - _from).CopyTo(_in);
            (_from, _to) = (0, _to - _from);
        }

        var got = _socket.Receive(_in.AsSpan(_to));
        if (got == 0)
            throw new BenchException("The server closed the connection before it had answered.");
        _to += got;
    }
}
