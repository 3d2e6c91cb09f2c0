using System.IO.Pipelines;
using ChunkUpload.Api.Resumable;

namespace ChunkUpload.Tests.Unit.Resumable;

public sealed class BoundedBodyTests
{
    [Theory]
    [InlineData(5, 5, false)]
    [InlineData(4, 5, false)]
    [InlineData(6, 5, true)]
    [InlineData(11, 5, true)]
    public async Task Gives_what_may_come_and_breaks_off_at_the_byte_beyond(int length, int most, bool exceeded)
    {
        var body = new BoundedBody(PipeReader.Create(new MemoryStream(new byte[length])), most);
        var read = 0L;
        try
        {
            while (true)
            {
                var result = await body.ReadAsync();
                read += result.Buffer.Length;
                body.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }
        }
        catch (IOException)
        {
            Assert.True(exceeded);
        }

        Assert.Equal((Math.Min(length, most), exceeded), (read, body.Exceeded));
    }
}
