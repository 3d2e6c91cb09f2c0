namespace ChunkUpload.Tests.Unit.Api;

public sealed class StructuredDictionaryTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("a", "a:Boolean:1")]
    [InlineData("a=1", "a:Number:1")]
    [InlineData("a=-12.345", "a:Number:-12.345")]
    [InlineData("a=999999999999999", "a:Number:999999999999999")]
    [InlineData("a=:aGk=:", "a:ByteSequence:aGk=")]
    [InlineData("a=::", "a:ByteSequence:")]
    [InlineData("a=\"x, y; z\\\"\"", "a:String:x, y; z\\\"")]
    [InlineData("a=tok/en:1", "a:Token:tok/en:1")]
    [InlineData("a=*t", "a:Token:*t")]
    [InlineData("a=?0", "a:Boolean:0")]
    [InlineData("a=@1659578233", "a:Date:1659578233")]
    [InlineData("a=%\"f%c3%bc\"", "a:DisplayString:f%c3%bc")]
    [InlineData("a=(1 \"b\" c);q=1", "a:InnerList:")]
    [InlineData("a=()", "a:InnerList:")]
    [InlineData("a=1;b;c=\"d\", e=2", "a:Number:1 e:Number:2")]
    [InlineData("a;x=1 ,\tb", "a:Boolean:1 b:Boolean:1")]
    [InlineData("*a-b_c.d=1", "*a-b_c.d:Number:1")]
    [InlineData("a=1,a=2", "a:Number:1 a:Number:2")]
    public void Reads_every_kind_of_member(string field, string expected)
    {
        var (members, malformed) = Walk(field);
        Assert.False(malformed);
        Assert.Equal(expected, members);
    }

    [Theory]
    [InlineData("A=1")]
    [InlineData("=1")]
    [InlineData("1a=1")]
    [InlineData("a=")]
    [InlineData("a=1,")]
    [InlineData("a=1,,b=2")]
    [InlineData(",a=1")]
    [InlineData("a=1 b=2")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("a=:aGk=")]
    [InlineData("a=:aG k=:")]
    [InlineData("a=\"open")]
    [InlineData("a=\"bad\\n\"")]
    [InlineData("a=\"\u00fc\"")]
    [InlineData("a=?2")]
    [InlineData("a=?")]
    [InlineData("a=--1")]
    [InlineData("a=1.")]
    [InlineData("a=1.2345")]
    [InlineData("a=1234567890123.1")]
    [InlineData("a=1234567890123456")]
    [InlineData("a=@1.5")]
    [InlineData("a=%\"%C3\"")]
    [InlineData("a=%\"%c\"")]
    [InlineData("a=(1")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1\"b\")")]
    [InlineData("a=1;")]
    [InlineData("a=1;B")]
    [InlineData("a=1;b=")]
    [InlineData("\ta=1")]
    public void Refuses_what_the_grammar_does_not_have(string field) => Assert.True(Walk(field).Malformed);

    [Fact]
    public void Allocates_nothing()
    {
        const string Field = "sha-512=:aGk=:, id=\"x\";q=0.5, sha-256=:aGk=:, list=(1 2 3)";
        Count(Field);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var members = Count(Field);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(4, members);
    }

    private static int Count(string field)
    {
        var walker = new StructuredDictionary(field);
        var count = 0;
        while (walker.MoveNext())
            count++;
        return count;
    }

    private static (string Members, bool Malformed) Walk(string field)
    {
        var walker = new StructuredDictionary(field);
        var members = new List<string>();
        while (walker.MoveNext())
            members.Add($"{walker.Key}:{walker.Kind}:{walker.Value}");
        return (string.Join(' ', members), walker.Malformed);
    }
}
