using System.Net.Sockets;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>Which blocks a body is received into.</summary>
public sealed class AlignedReceiveBuffersTests : IDisposable
{
    private const int Least = BufferPool.Small, Medium = 64 << 10, Longest = 1 << 20;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BufferPool _pool = new(new DeviceMemory());
    private readonly AlignedReceiveBuffers _arrival;

    public AlignedReceiveBuffersTests() => _arrival = new AlignedReceiveBuffers(_socket, _pool);

    public void Dispose()
    {
        _arrival.Dispose();
        _pool.Dispose();
        _socket.Dispose();
    }

    [Theory]
    [InlineData(1, 10 << 20, Least)]
    [InlineData(1 << 30, 10 << 20, Longest)]
    [InlineData(256 << 10, 10 << 20, BufferPool.Large)]
    [InlineData(1 << 30, 100 << 10, BufferPool.Large)]
    [InlineData(1 << 30, 40 << 10, Medium)]
    [InlineData(1 << 30, 10 << 10, Least)]
    [InlineData(1 << 30, 0, Least)]
    public void A_block_is_as_large_as_the_run_and_no_larger_than_what_can_come(int wakesAt, long left, int size)
    {
        _arrival.SetTarget(0, left);
        _arrival.WakeAt(wakesAt);
        using var block = _arrival.Rent(Least);
        Assert.Equal(size, block.Memory.Length);
    }

    [Fact]
    public void Rest_fits_into_the_block_from_its_offset_within_a_page()
    {
        _arrival.SetTarget(1000, (256 << 10) - 500);
        _arrival.WakeAt(1 << 30);
        using var block = _arrival.Rent(Least);
        Assert.Equal(Longest - 1000, block.Memory.Length);
    }

    [Fact]
    public void Fast_upload_gets_a_medium_block_when_all_large_ones_are_lent()
    {
        var others = Enumerable.Range(0, 64).Select(_ => _pool.Rent(Longest)).ToList();
        _arrival.SetTarget(0, 10 << 20);
        _arrival.WakeAt(1 << 30);
        using (var block = _arrival.Rent(Least))
            Assert.Equal(Medium, block.Memory.Length);
        others.ForEach(block => block.Dispose());
        using var again = _arrival.Rent(Least);
        Assert.Equal(Longest, again.Memory.Length);
    }
}
