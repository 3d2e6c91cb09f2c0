using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData(1024, 192)]
    [InlineData(524_288, 261_824)]
    [InlineData(640, 16)]
    public void Connections_take_half_of_what_the_service_itself_does_not_need(long limit, long connections) =>
        Assert.Equal(connections, OpenFiles.Connections(limit));

    [Theory]
    [InlineData("Max open files            1024                 1048576              files     ", 1024L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             63325                63325                processes ", null)]
    public void The_limit_in_force_is_the_soft_one(string line, long? limit) =>
        Assert.Equal(limit, OpenFiles.Limit(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Theory]
    [InlineData(128L, true)]
    [InlineData(639L, true)]
    [InlineData(640L, false)]
    [InlineData(null, false)]
    public void Fewer_than_the_service_itself_needs_are_refused(long? limit, bool refused) =>
        Assert.Equal(refused, OpenFiles.Refusal(limit) is not null);

    [Fact]
    public void Limit_of_open_files_is_positive_or_none() => Assert.True(OpenFiles.Limit() is null or > 0);
}
