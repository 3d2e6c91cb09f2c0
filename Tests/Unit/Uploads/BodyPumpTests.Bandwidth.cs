namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>The loop under a limited bandwidth.</summary>
public sealed partial class BodyPumpTests
{
    [Fact]
    public async Task Counts_every_byte_when_bandwidth_is_limited_and_leaves_the_others_alone_at_the_end()
    {
        _limiter.IsActive = true;
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1, 2 });
        await _body.SendAsync(new byte[] { 3 });
        _body.End();

        Assert.Equal((BodyEnd.Complete, 3), await running);
        Assert.Equal((3, 0), (_limiter.Counted, _limiter.Running));
    }

    [Fact]
    public async Task A_limit_that_is_set_while_the_body_comes_holds_for_it()
    {
        var running = RunAsync();
        await _body.SendAsync(new byte[] { 1 });
        _limiter.IsActive = true;
        await _body.SendAsync(new byte[] { 2, 3 });
        await _body.SendAsync(new byte[] { 4 });
        _body.End();

        Assert.Equal((BodyEnd.Complete, 4), await running);
        Assert.InRange(_limiter.Counted, 1, 3);
    }

    [Fact]
    public async Task A_wait_for_bandwidth_is_not_idle_time_of_the_client_and_received_bytes_are_recorded()
    {
        var (turns, asked) = (0, 0);
        _limiter.IsActive = true;
        _limiter.MayPass = () =>
        {
            turns++;
            asked = _sink.Asked;
            _time.Advance(_options.BodyIdleTimeout);
            return Task.FromResult(turns > 5);
        };
        _body.Deliver(new byte[1]);
        _body.End();

        Assert.Equal((BodyEnd.Complete, 1), await RunAsync());
        Assert.True(turns > 5);
        Assert.True(asked >= 5);
    }

    [Fact]
    public async Task A_takeover_ends_the_wait_for_bandwidth()
    {
        _limiter.IsActive = true;
        _limiter.MayPass = () =>
        {
            _claim.AskToStop();
            return Task.FromResult(false);
        };
        _body.Deliver(new byte[1]);

        Assert.Equal(BodyEnd.TakenOver, (await RunAsync()).End);
    }
}
