using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

public sealed class ChunkTimeTests
{
    [Theory]
    [InlineData(0.25, 40, 4.307045418)]
    [InlineData(0.1, 600, 10.88788616)]
    [InlineData(1, 5, 2.533802881)]
    [InlineData(0.5, 0.5, 0.4207028302)]
    public void Is_the_root_that_was_worked_out_by_bisection(double deadTime, double mtbf, double expected) =>
        Assert.Equal(expected, ChunkTime.Best(deadTime, mtbf), 1e-8 * expected);

    [Fact]
    public void Comes_near_the_square_root_for_a_dead_time_that_is_small() =>
        Assert.Equal(Math.Sqrt(2 * 0.01 * 1000) - 0.01, ChunkTime.Best(0.01, 1000), 0.01);

    [Theory]
    [InlineData(0, 10)]
    [InlineData(-1, 10)]
    [InlineData(1, 0)]
    [InlineData(double.NaN, 10)]
    [InlineData(1, double.NaN)]
    public void Is_nothing_for_what_makes_no_sense(double deadTime, double mtbf) => Assert.Equal(0, ChunkTime.Best(deadTime, mtbf));

    [Fact]
    public void Is_endless_when_nothing_breaks() => Assert.Equal(double.PositiveInfinity, ChunkTime.Best(0.1, double.PositiveInfinity));

    [Fact]
    public void Rises_with_the_dead_time_and_with_the_time_between_breaks()
    {
        for (var deadTime = 0.001; deadTime < 100; deadTime *= 1.7)
        {
            for (var mtbf = 0.01; mtbf < 1e6; mtbf *= 2.3)
            {
                var best = ChunkTime.Best(deadTime, mtbf);
                Assert.InRange(best, double.Epsilon, mtbf);
                Assert.True(ChunkTime.Best(deadTime * 1.1, mtbf) >= best * 0.999999, $"dead time {deadTime}, mtbf {mtbf}");
                Assert.True(ChunkTime.Best(deadTime, mtbf * 1.1) >= best * 0.999999, $"dead time {deadTime}, mtbf {mtbf}");
            }
        }
    }
}
