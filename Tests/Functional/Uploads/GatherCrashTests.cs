using ChunkUpload.Core.Moving;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E3, E10, E22: the node that gathers a file dies at each step.</summary>
public sealed class GatherCrashTests(PostgresFixture postgres) : EngineCrashTests(postgres)
{
    private const int Part = 9_000;

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Dying_anywhere_while_a_file_is_gathered()
    {
        EngineRig? other = null;
        OtherRig? ofRig = null;
        await DieEverywhereAsync(
            async rig =>
            {
                other ??= Keep(await EngineRig.StartBesideAsync(rig));
                var ofOther = rig.Learn(other);
                if (ofRig is not null)
                    other.Get<OtherNodes>().Remove(ofRig.Incarnation);
                ofRig = other.Learn(rig);
                var session = await TestSession.CreateAsync(rig, 3 * Part);
                await session.MustPutAsync(0, 2 * Part);
                await session.In(other).MustPutAsync(2 * Part, Part);
                TestSession.Expect(await session.CompleteAsync());
                await session.SettleAsync();
                await session.In(other).SettleAsync();
                return new CrashScenario(
                    rig, async () =>
                    {
                        ofOther.Silence();
                        await GatherAsync(rig);
                        ofOther.Speak();
                        await GatherAsync(rig);
                    },
                    async next =>
                    {
                        next.Learn(other);
                        await EngineInvariants.AssertTrueAsync(next, other);
                        await EngineInvariants.AssertNothingLeakedAsync(next);
                        await GatherAsync(next);
                        await EngineInvariants.SweepAsync(next);
                        await other.Remover.RemoveReleasedAsync(None);
                        await EngineInvariants.AssertCleanAsync(next, other);
                        await session.In(next).AssertWholeAsync();
                        Assert.All(await session.In(next).ExtentsAsync(), extent => Assert.Equal(next.Store.Id, extent.File.Store));
                        Assert.Empty(other.Store.Enumerate(None));

                        await EndAllAsync(next);
                        Assert.Empty(next.Store.Enumerate(None));
                    });
            },
            new EngineSetup { Alone = false });

        static async Task GatherAsync(EngineRig rig)
        {
            await rig.AgeAsync(TimeSpan.FromSeconds(301));
            await rig.Get<GatherFiles>().RunAsync(None);
        }
    }
}
