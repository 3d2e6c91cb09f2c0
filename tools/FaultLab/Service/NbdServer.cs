using System.Buffers.Binary;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>The block device behind the server.</summary>
internal interface IBlocks
{
    long Size { get; }

    /// <summary>False is an I/O error.</summary>
    bool Read(long offset, Span<byte> into);

    bool Write(long offset, ReadOnlySpan<byte> bytes);

    bool Flush();
}

/// <summary>The server's side of the NBD protocol (fixed newstyle, simple replies), one connection on a unix socket.</summary>
internal sealed class NbdServer(IBlocks blocks, string socketPath) : IDisposable
{
    private const ulong OptionMagic = 0x49484156454F5054;
    private const ulong OptionReplyMagic = 0x3e889045565a9;
    private const uint RequestMagic = 0x25609513;
    private const uint ReplyMagic = 0x67446698;
    private const uint InputOutputError = 5;
    private const uint Invalid = 22;

    // HAS_FLAGS and SEND_FLUSH.
    private const ushort Abilities = 0b101;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens. A thread of its own serves the client until it disconnects.</summary>
    public Task Start()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        _listener.Listen(1);
        return Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose() => _listener.Dispose();

    private void Serve()
    {
        try
        {
            using var socket = _listener.Accept();
            using var stream = new NetworkStream(socket);
            if (Agree(stream))
                Answer(stream);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // The client has disconnected.
        }
    }

    private bool Agree(NetworkStream stream)
    {
        stream.Write([.. "NBDMAGICIHAVEOPT"u8, 0, 0b11]);
        Span<byte> flags = stackalloc byte[4];
        stream.ReadExactly(flags);
        Span<byte> head = stackalloc byte[16];
        Span<byte> export = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(export, 0);
        BinaryPrimitives.WriteInt64BigEndian(export[2..], blocks.Size);
        BinaryPrimitives.WriteUInt16BigEndian(export[10..], Abilities);
        while (true)
        {
            stream.ReadExactly(head);
            if (BinaryPrimitives.ReadUInt64BigEndian(head) != OptionMagic)
                throw new LabException("The NBD client speaks another protocol.");
            var option = BinaryPrimitives.ReadUInt32BigEndian(head[8..]);
            stream.ReadExactly(new byte[BinaryPrimitives.ReadUInt32BigEndian(head[12..])]);
            switch (option)
            {
                case 6 or 7:
                    Reply(stream, option, 3, export);
                    Reply(stream, option, 1, []);
                    if (option == 7)
                        return true;
                    break;
                case 2:
                    Reply(stream, option, 1, []);
                    return false;
                default:
                    Reply(stream, option, 0x80000001, []);
                    break;
            }
        }
    }

    private static void Reply(NetworkStream stream, uint option, uint kind, ReadOnlySpan<byte> data)
    {
        var reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), kind);
        BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(16), data.Length);
        data.CopyTo(reply.AsSpan(20));
        stream.Write(reply);
    }

    private void Answer(NetworkStream stream)
    {
        var head = new byte[28];
        var reply = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(reply, ReplyMagic);
        while (true)
        {
            stream.ReadExactly(head);
            if (BinaryPrimitives.ReadUInt32BigEndian(head) != RequestMagic)
                throw new LabException("The NBD client sent no request.");
            var kind = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6));
            var offset = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(16));
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(24));
            head.AsSpan(8, 8).CopyTo(reply.AsSpan(8));
            byte[] data = kind is 0 or 1 ? new byte[length] : [];
            if (kind == 1)
                stream.ReadExactly(data);
            var error = kind switch
            {
                0 => blocks.Read(offset, data) ? 0 : InputOutputError,
                1 => blocks.Write(offset, data) ? 0 : InputOutputError,
                3 => blocks.Flush() ? 0 : InputOutputError,
                _ => Invalid,
            };
            if (kind == 2)
                return;
            BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(4), error);
            stream.Write(reply);
            if (kind == 0 && error == 0)
                stream.Write(data);
        }
    }
}
