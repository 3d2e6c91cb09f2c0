using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Jobs;

namespace ChunkUpload.Tests.Unit.Jobs;

public sealed class ProgressNoteTests
{
    [Theory]
    [InlineData(0L, null, "files looked at")]
    [InlineData(3L, 12L, "of twelve")]
    [InlineData(long.MaxValue, long.MaxValue, "a name with / and  blanks")]
    [InlineData(7L, null, "2026/01 ümläut.mp4")]
    [InlineData(7L, null, "")]
    public void Reads_back_what_was_written(long done, long? total, string what)
    {
        var progress = new JobProgress(done, total, what);
        Assert.Equal(progress, ProgressNote.Read(ProgressNote.Write(progress)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("a text of another hand")]
    [InlineData("1/2/3 what")]
    [InlineData("-1 what")]
    [InlineData("1/x what")]
    public void Reads_nothing_from_a_text_that_is_not_ours(string? note) => Assert.Null(ProgressNote.Read(note));

    [Theory]
    [InlineData(0L, 0L, 0)]
    [InlineData(5L, null, 0)]
    [InlineData(1L, 3L, 33)]
    [InlineData(9L, 3L, 100)]
    public void Is_a_percentage_from_0_to_100(long done, long? total, int percent) =>
        Assert.Equal(percent, ProgressNote.Percent(new JobProgress(done, total, "")));
}
