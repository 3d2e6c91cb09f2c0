using ChunkUpload.Infrastructure.Projects;

namespace ChunkUpload.Tests.Unit.Api;

/// <summary>The changes of a project run one at a time, and those of other projects beside them.</summary>
public sealed class ProjectTurnTests
{
    [Fact]
    public async Task Second_change_of_a_project_waits_and_one_of_another_project_does_not()
    {
        var turns = new ProjectTurns();
        var (project, gate) = (Guid.NewGuid(), new TaskCompletionSource());
        var first = turns.RunAsync(project, () => RunAsync(1, gate.Task), default);
        var began = false;
        var second = turns.RunAsync(project, () => RunAsync(began = true, Task.CompletedTask), default);
        Assert.Equal(3, await turns.RunAsync(Guid.NewGuid(), () => RunAsync(3, Task.CompletedTask), default));
        Assert.False(began);
        gate.SetResult();
        Assert.Equal((1, true), (await first, await second));
    }

    [Fact]
    public async Task Change_that_fails_gives_its_turn_back()
    {
        var turns = new ProjectTurns();
        var project = Guid.NewGuid();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => turns.RunAsync<int>(project, () => throw new InvalidOperationException(), default));
        Assert.Equal(2, await turns.RunAsync(project, () => RunAsync(2, Task.CompletedTask), default));
    }

    private static async Task<T> RunAsync<T>(T value, Task gate)
    {
        await gate;
        return value;
    }
}
