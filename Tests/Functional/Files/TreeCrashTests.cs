using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// E3, E10, E30: the process dies before each of its calls that change disk or ledger, which is also right after the one before, while a
/// tree is changed in every way. Then the tree is as before the operation or as after it; changes, counters and bytes agree.
/// </summary>
public sealed class TreeCrashTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private static readonly (string Name, Func<TestTree, Task> Run, Action<IDictionary<string, string>> Model)[] Operations =
    [
        ("make a folder", tree => tree.FolderAsync("r"), Put("r", TestTree.Folder)),
        ("publish", tree => tree.PublishAsync("r/a", "one"), Put("r/a", TestTree.Of("one"))),
        ("make the folder of a file", async tree =>
        {
            // Binding changes nothing, so one call creates both the folder and the file.
            await tree.PublishAsync("r/n/b", "two");
        }, model =>
        {
            Put("r/n", TestTree.Folder)(model);
            Put("r/n/b", TestTree.Of("two"))(model);
        }),
        ("replace", tree => tree.PublishAsync("r/a", "three"), Put("r/a", TestTree.Of("three"))),
        ("copy a file", tree => tree.CopyAsync("r/a", "r/c"), Put("r/c", TestTree.Of("three"))),
        ("copy a folder", tree => tree.CopyAsync("r/n", "r/m"), model =>
        {
            Put("r/m", TestTree.Folder)(model);
            Put("r/m/b", TestTree.Of("two"))(model);
        }),
        ("move", tree => tree.MoveAsync("r/m", "r/n/o"), model =>
        {
            Drop("r/m")(model);
            Put("r/n/o", TestTree.Folder)(model);
            Put("r/n/o/b", TestTree.Of("two"))(model);
        }),
        ("place", async tree => await tree.FileUploadAsync((await tree.ReceiveAsync("four")).Id, "r/u"), Put("r/u", TestTree.Of("four"))),
        ("publish another", tree => tree.PublishAsync("r/v", "five"), Put("r/v", TestTree.Of("five"))),
        ("move over", tree => tree.MoveOverAsync("r/v", "r/u"), model =>
        {
            Drop("r/v")(model);
            Put("r/u", TestTree.Of("five"))(model);
        }),
        ("link", tree => tree.LinkAsync("r/l", "a"), Put("r/l", "a")),
        ("remove", tree => tree.RemoveAsync("r/n/o"), Drop("r/n/o")),
        ("restore", async tree => await tree.RestoreAsync(await OnlyRemovedAsync(tree)), model =>
        {
            Put("r/n/o", TestTree.Folder)(model);
            Put("r/n/o/b", TestTree.Of("two"))(model);
        }),
        ("restore a version", async tree => await tree.RestoreAsync((await tree.FindAsync("r/a")).Entry.Id, 1),
            Put("r/a", TestTree.Of("one"))),
        ("a space of one's own", tree => tree.OwnSpaceAsync(), _ => { }),
        ("remove a file", tree => tree.RemoveAsync("r/u"), Drop("r/u")),
        ("give up", async tree => await tree.GiveUpAsync(await OnlyRemovedAsync(tree)), _ => { }),
        ("free", tree => tree.PurgeAsync(), _ => { }),
        ("move a file to another space", tree => tree.BeginMoveAsync("r/c", "o:c"), model =>
        {
            Drop("r/c")(model);
            Put("o:c", TestTree.Of("three"))(model);
        }),
        ("move a folder to another space", async tree =>
        {
            await tree.BeginMoveAsync("r/n", "o:n");
            await tree.FinishMovesAsync();
        }, model =>
        {
            foreach (var (path, content) in model.Where(one => (one.Key + "/").StartsWith("r/n/", StringComparison.Ordinal)).ToList())
                Put("o:" + path[2..], content)(model);
            Drop("r/n")(model);
        }),
        ("remove the moved file", tree => tree.RemoveAsync("o:c"), Drop("o:c")),
        ("remove the moved folder", tree => tree.RemoveAsync("o:n"), Drop("o:n")),
        ("remove all", tree => tree.RemoveAsync("r"), Drop("r")),
        ("empty", tree => tree.EmptyAsync(), _ => { }),
        ("free all", tree => tree.PurgeAsync(), _ => { }),
    ];

    [Fact]
    public async Task Dying_anywhere_while_a_tree_is_changed()
    {
        var rig = await StartAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var step = CrashSteps.First; ; step += CrashSteps.Apart)
        {
            var tree = new TestTree(rig);
            var before = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var after = before;
            var doing = "";
            rig.Hooks.DieAt(step);
            try
            {
                foreach (var (name, run, model) in Operations)
                {
                    (doing, before) = (name, after);
                    after = new SortedDictionary<string, string>(before, StringComparer.Ordinal);
                    model(after);
                    await run(tree);
                }

                Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
                AssertAllSeen(seen, rig);
                return;
            }
            catch (ProcessDiedException)
            {
            }

            seen.UnionWith(rig.Hooks.Seen.Where(call => call.Changes).Select(call => call.Name));
            rig = Keep(await rig.CrashAsync());
            try
            {
                await RecoverAsync(new TestTree(rig), before, after);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"After death before call {step}, in \"{doing}\".", exception);
            }
        }
    }

    private static async Task RecoverAsync(
        TestTree tree, SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        await tree.AssertTrueAsync();
        await EngineInvariants.AssertTrueAsync(tree.Rig);
        await EngineInvariants.AssertNothingLeakedAsync(tree.Rig);
        // The move of a folder continues.
        await tree.FinishMovesAsync();
        await tree.AssertTrueAsync();
        var now = await tree.ReadAsync();
        // A folder is copied in steps: the copy first, then what is in it.
        Assert.True(
            now.SequenceEqual(before) || now.SequenceEqual(after) || (now.Count == before.Count + 1 && now.All(after.Contains)),
            $"The tree has {string.Join(", ", now.Keys)}.");

        foreach (var top in now.Keys.Where(path => !path.Contains('/', StringComparison.Ordinal)))
            await tree.RemoveAsync(top);
        await tree.EmptyAsync();
        await tree.PurgeAsync();
        await EngineCrashTests.EndAllAsync(tree.Rig);
        await EngineInvariants.SweepAsync(tree.Rig);
        Assert.Empty(tree.Rig.Store.Enumerate(CancellationToken.None));
        await tree.AssertTrueAsync();
        Assert.Empty(await tree.ReadAsync());
    }

    private static async Task<EntryId> OnlyRemovedAsync(TestTree tree)
    {
        var items = await tree.Rig.Tree.ListAsync(await tree.SpaceAsync(), null, 100, CancellationToken.None);
        return Assert.Single(items, item => item.Version is null).Entry.Id;
    }

    /// <summary>A new call that changes a tree must be added to the operations.</summary>
    private static void AssertAllSeen(HashSet<string> seen, EngineRig rig)
    {
        seen.UnionWith(rig.Hooks.Seen.Where(call => call.Changes).Select(call => call.Name));
        var all = typeof(PostgresTreeLedger).GetInterfaces().SelectMany(role => role.GetMethods())
            .Where(method => !method.IsDefined(typeof(QueryAttribute), false)).Select(method => method.Name);
        Assert.Subset(seen, all.ToHashSet());
    }

    private static Action<IDictionary<string, string>> Put(string path, string content) => model => model[path] = content;

    private static Action<IDictionary<string, string>> Drop(string path) => model =>
    {
        foreach (var gone in model.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            model.Remove(gone);
    };
}
