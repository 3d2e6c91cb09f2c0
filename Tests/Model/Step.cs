using FsCheck;
using FsCheck.Fluent;

namespace ChunkUpload.Tests.Model;

internal enum Verb
{
    Create = 1,
    Append,
    PutChunk,
    Complete,
    Ask,
    Read,
    Delete,
    Join,

    /// <summary>The upload's id at the address of another protocol.</summary>
    Stray,
}

/// <summary>
/// One request of a sequence. The meaning of the numbers depends on the verb; values that do not fit the upload are part of the test.
/// </summary>
/// <param name="Who">The index of the upload, modulo their number.</param>
/// <param name="Size">The announced length; negative means none.</param>
/// <param name="Count">The number of bytes sent.</param>
/// <param name="Shift">The distance from the right offset, or the offset of a chunk.</param>
/// <param name="Flag">Whether these are the last bytes, or whether the digest is right.</param>
internal sealed record Step(Verb Verb, int Who, int Size, int Count, int Shift, bool Flag)
{
    public static Arbitrary<Step[]> Sequences { get; } = Arb.From(Gen.ArrayOf(One).Where(steps => steps.Length > 0), Shrink);

    private static Gen<Step> One =>
        from verb in Gen.Frequency(
            (5, Gen.Constant(Verb.Create)), (8, Gen.Constant(Verb.Append)), (5, Gen.Constant(Verb.PutChunk)),
                (2, Gen.Constant(Verb.Complete)),
            (3, Gen.Constant(Verb.Ask)), (1, Gen.Constant(Verb.Read)), (1, Gen.Constant(Verb.Delete)), (2, Gen.Constant(Verb.Join)),
                (1, Gen.Constant(Verb.Stray)))
        from who in Gen.Choose(0, 7)
        from size in Gen.Choose(-2, 8)
        from count in Gen.Choose(0, 6)
        from shift in verb == Verb.PutChunk ? Gen.Choose(0, 8) : Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-2, 2)))
        from flag in Gen.Frequency((2, Gen.Constant(true)), (1, Gen.Constant(false)))
        select new Step(verb, who, size, count, shift, flag);

    private static IEnumerable<Step[]> Shrink(Step[] steps)
    {
        for (var length = steps.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= steps.Length; at += length)
            {
                if (steps.Length > length)
                    yield return [.. steps[..at], .. steps[(at + length)..]];
            }
        }

        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i].Count > 0)
                yield return [.. steps[..i], steps[i] with { Count = steps[i].Count - 1 }, .. steps[(i + 1)..]];
        }
    }
}
